"""dutyphone: what a call, a shift and a handover are; the record of them; the recorder and the exports."""

__version__ = "0.1.0"
