"""libspandsp by way of ctypes: found when it is first wanted, every function with its types, every object freed.

Objects of the library are opaque pointers here: nothing depends on how its structures look inside. Signatures follow
the public headers of spandsp 0.0.6, which is what the shared library of that number (`.so.2`) promises.
"""

from __future__ import annotations

import ctypes
import ctypes.util
import weakref
from collections.abc import Mapping
from ctypes import CFUNCTYPE, POINTER, c_char_p, c_int, c_size_t, c_uint8, c_void_p
from functools import cache
from typing import Any

from dutyphone.errors import DutyphoneError
from dutyphone.i18n import _
from dutyphone_simulators.dsp.samples import Samples, silence

NAMES = ("libspandsp.so.2", "libspandsp.2.dylib", "libspandsp-2.dll")
"""What the shared library is called on Linux, macOS and Windows. Number 3 has other signatures and is not asked for."""

PutMessage = CFUNCTYPE(None, c_void_p, POINTER(c_uint8), c_int)
PutBit = CFUNCTYPE(None, c_void_p, c_int)
PutTone = CFUNCTYPE(None, c_void_p, c_int, c_int, c_int)
PutText = CFUNCTYPE(c_int, c_void_p, c_void_p, POINTER(c_uint8), c_size_t)
ControlModem = CFUNCTYPE(c_int, c_void_p, c_void_p, c_int, c_void_p)

_SIGNATURES: Mapping[str, tuple[Any, tuple[Any, ...]]] = {
    # adsi.h: analogue display services, that is caller ID
    "adsi_tx_init": (c_void_p, (c_void_p, c_int)),
    "adsi_tx_free": (c_int, (c_void_p,)),
    "adsi_tx_put_message": (c_int, (c_void_p, c_char_p, c_int)),
    "adsi_tx_set_preamble": (None, (c_void_p, c_int, c_int, c_int, c_int)),
    "adsi_tx_send_alert_tone": (None, (c_void_p,)),
    "adsi_tx": (c_int, (c_void_p, c_void_p, c_int)),
    "adsi_rx_init": (c_void_p, (c_void_p, c_int, PutMessage, c_void_p)),
    "adsi_rx_free": (c_int, (c_void_p,)),
    "adsi_rx": (c_int, (c_void_p, c_void_p, c_int)),
    # fsk.h
    "fsk_rx_init": (c_void_p, (c_void_p, c_void_p, c_int, PutBit, c_void_p)),
    "fsk_rx_free": (c_int, (c_void_p,)),
    "fsk_rx": (c_int, (c_void_p, c_void_p, c_int)),
    # dtmf.h
    "dtmf_tx_init": (c_void_p, (c_void_p,)),
    "dtmf_tx_free": (c_int, (c_void_p,)),
    "dtmf_tx_set_level": (None, (c_void_p, c_int, c_int)),
    "dtmf_tx_set_timing": (None, (c_void_p, c_int, c_int)),
    "dtmf_tx_put": (c_int, (c_void_p, c_char_p, c_int)),
    "dtmf_tx": (c_int, (c_void_p, c_void_p, c_int)),
    "dtmf_rx_init": (c_void_p, (c_void_p, c_void_p, c_void_p)),
    "dtmf_rx_free": (c_int, (c_void_p,)),
    "dtmf_rx_parms": (None, (c_void_p, c_int, c_int, c_int, c_int)),
    "dtmf_rx": (c_int, (c_void_p, c_void_p, c_int)),
    "dtmf_rx_get": (c_size_t, (c_void_p, c_void_p, c_int)),
    # tone_generate.h
    "tone_gen_descriptor_init": (c_void_p, (c_void_p, *([c_int] * 9))),
    "tone_gen_descriptor_free": (None, (c_void_p,)),
    "tone_gen_init": (c_void_p, (c_void_p, c_void_p)),
    "tone_gen_free": (c_int, (c_void_p,)),
    "tone_gen": (c_int, (c_void_p, c_void_p, c_int)),
    # super_tone_rx.h: tones by their cadence
    "super_tone_rx_make_descriptor": (c_void_p, (c_void_p,)),
    "super_tone_rx_free_descriptor": (c_int, (c_void_p,)),
    "super_tone_rx_add_tone": (c_int, (c_void_p,)),
    "super_tone_rx_add_element": (c_int, (c_void_p, c_int, c_int, c_int, c_int, c_int)),
    "super_tone_rx_init": (c_void_p, (c_void_p, c_void_p, PutTone, c_void_p)),
    "super_tone_rx_free": (c_int, (c_void_p,)),
    "super_tone_rx": (c_int, (c_void_p, c_void_p, c_int)),
    # t31.h: a fax modem in class 1
    "t31_init": (c_void_p, (c_void_p, PutText, c_void_p, ControlModem, c_void_p, c_void_p, c_void_p)),
    "t31_free": (c_int, (c_void_p,)),
    "t31_at_rx": (c_int, (c_void_p, c_char_p, c_int)),
    "t31_call_event": (None, (c_void_p, c_int)),
    "t31_rx": (c_int, (c_void_p, c_void_p, c_int)),
    "t31_tx": (c_int, (c_void_p, c_void_p, c_int)),
    # modem_connect_tones.h
    "modem_connect_tones_rx_init": (c_void_p, (c_void_p, c_int, PutTone, c_void_p)),
    "modem_connect_tones_rx_free": (c_int, (c_void_p,)),
    "modem_connect_tones_rx": (c_int, (c_void_p, c_void_p, c_int)),
}
"""Every function that is used: what it returns, what it takes."""


class SpandspMissing(DutyphoneError):
    """The library of signal processing cannot be loaded."""


class FskSpec(ctypes.Structure):
    """`fsk_spec_t` of fsk.h: tones in hertz, levels in dBm0, rate in hundredths of a bit per second."""

    _fields_ = (
        ("name", c_char_p),
        ("freq_zero", c_int),
        ("freq_one", c_int),
        ("tx_level", c_int),
        ("min_level", c_int),
        ("baud_rate", c_int),
    )


@cache
def load_spandsp() -> ctypes.CDLL:
    """The library with its signatures. Raises `SpandspMissing`, with what each attempt said as evidence."""
    failures = []
    for name in dict.fromkeys((*NAMES, ctypes.util.find_library("spandsp") or NAMES[0])):
        try:
            library = ctypes.CDLL(name)
            for function, (returns, takes) in _SIGNATURES.items():
                entry = getattr(library, function)
                entry.restype, entry.argtypes = returns, takes
        except (OSError, AttributeError) as wrong:
            failures.append(f"{name}: {wrong}")
        else:
            return library
    raise SpandspMissing(
        _("The library of signal processing, libspandsp, is not on this machine."),
        advice=_("Install it (on Debian and Ubuntu: apt install libspandsp2), or simulate a modem without sound."),
        evidence="; ".join(failures),
    )


class SpandspObject:
    """One object of the library, freed with this one.

    `create` and `free` are functions of the library; `create` is given a null pointer, so that it allocates, and
    `arguments`, which are kept alive as long as the object, callbacks among them.
    """

    def __init__(self, create: str, free: str, *arguments: object) -> None:
        library = load_spandsp()
        self._kept = arguments
        pointer = getattr(library, create)(None, *arguments)
        if not pointer:
            raise MemoryError(create)
        self.pointer: int = pointer
        weakref.finalize(self, getattr(library, free), pointer)

    def call(self, function: str, *arguments: object) -> int:
        """Call `function` of the library on this object."""
        return int(getattr(load_spandsp(), function)(self.pointer, *arguments) or 0)

    def hear(self, function: str, samples: Samples) -> None:
        """Let a receiver's `function` process `samples`."""
        address, length = samples.buffer_info()
        self.call(function, address, length)

    def sound(self, function: str, length: int) -> Samples:
        """Up to `length` samples from a transmitter's `function`; fewer once it has no more."""
        samples = silence(length)
        made = self.call(function, samples.buffer_info()[0], length)
        del samples[made:]
        return samples
