"""The words of an exported file, in its language.

A file keeps the language it was asked for, whatever the program speaks on the screen: an office whose console is in
English still hands in the Chinese sheet. So these are data, not messages, and each stands beside its counterpart.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from dutyphone.journal.facts import Outcome, Settlement
from dutyphone.lines.events import Direction, LossReason, NumberAbsence
from dutyphone.store.readmodels import CallState, Owed


@dataclass(frozen=True, slots=True, kw_only=True)
class Words:
    """What a file for people says. `handled_by` has {what} and {by}; `continued` has {title} and {number}.

    `at_first` has {number}, the one that was called before the call was sent on to this line.
    """

    calls: str
    blind: str
    drill: str
    drill_note: str
    continued: str
    page: str
    handled_by: str
    separator: str
    yes: str
    fax: str
    doubtful: str
    at_first: str
    no_caller_id: str
    purged: str
    still_down: str
    not_recording: str
    direction: Mapping[Direction, str]
    state: Mapping[CallState, str]
    outcome: Mapping[Outcome, str]
    settlement: Mapping[Settlement, str]
    owed: Mapping[Owed, str]
    absence: Mapping[NumberAbsence, str]
    loss: Mapping[LossReason, str]


CHINESE = Words(
    calls="通话记录",
    blind="监听中断",
    drill="演练",
    drill_note="演练数据,非真实通话",
    continued="{title}({number})",
    page="第 &P 页 共 &N 页",
    handled_by="{what}({by})",
    separator=";",
    yes="是",
    fax="传真",
    doubtful="号码存疑",
    at_first="原叫号码 {number}",
    no_caller_id="无来电显示",
    purged="已清除",
    still_down="仍在中断",
    not_recording="记录程序未运行",
    direction={Direction.INCOMING: "来电", Direction.OUTGOING: "去电"},
    state={CallState.RINGING: "振铃中", CallState.IN_CALL: "通话中", CallState.ENDED: ""},
    outcome={
        Outcome.ANSWERED: "已接",
        Outcome.MISSED: "未接",
        Outcome.BUSY: "遇忙",
        Outcome.REJECTED: "拒接",
        Outcome.FORWARDED: "已转移",
        Outcome.FAILED: "失败",
        Outcome.UNKNOWN: "不明",
    },
    settlement={
        Settlement.ANSWERED: "确认已接",
        Settlement.MISSED: "确认未接,待回拨",
        Settlement.CALLED_BACK: "已回拨",
        Settlement.NO_CALLBACK: "无需回拨",
    },
    owed={Owed.SETTLE: "待确认", Owed.CALL_BACK: "待回拨"},
    absence={
        NumberAbsence.PRIVATE: "号码限制显示",
        NumberAbsence.OUT_OF_AREA: "号码无法提供",
        NumberAbsence.PAYPHONE: "公用电话",
        NumberAbsence.NOT_SENT: "无号码",
    },
    loss={
        LossReason.CABLE_UNPLUGGED: "设备断开",
        LossReason.NO_SUCH_PORT: "端口不存在",
        LossReason.NO_PERMISSION: "无权使用端口",
        LossReason.PORT_BUSY: "端口被占用",
        LossReason.MODEM_SILENT: "调制解调器无应答",
        LossReason.NOT_REGISTERED: "注册失效",
        LossReason.NETWORK: "网络故障",
        LossReason.DRIVER_FAILED: "驱动故障",
        LossReason.STOPPED: "停止监听",
    },
)

ENGLISH = Words(
    calls="Calls",
    blind="Not listened to",
    drill="DRILL",
    drill_note="Drill data, no real calls",
    continued="{title} ({number})",
    page="Page &P of &N",
    handled_by="{what} ({by})",
    separator="; ",
    yes="yes",
    fax="fax",
    doubtful="number doubtful",
    at_first="called {number} at first",
    no_caller_id="no caller ID",
    purged="purged",
    still_down="still down",
    not_recording="recorder not running",
    direction={Direction.INCOMING: "incoming", Direction.OUTGOING: "outgoing"},
    state={CallState.RINGING: "ringing", CallState.IN_CALL: "in call", CallState.ENDED: ""},
    outcome={outcome: outcome.value for outcome in Outcome},
    settlement={
        Settlement.ANSWERED: "confirmed answered",
        Settlement.MISSED: "confirmed missed, to be called back",
        Settlement.CALLED_BACK: "called back",
        Settlement.NO_CALLBACK: "no call back needed",
    },
    owed={Owed.SETTLE: "to be settled", Owed.CALL_BACK: "to be called back"},
    absence={
        NumberAbsence.PRIVATE: "withheld",
        NumberAbsence.OUT_OF_AREA: "not available",
        NumberAbsence.PAYPHONE: "payphone",
        NumberAbsence.NOT_SENT: "no number",
    },
    loss={
        LossReason.CABLE_UNPLUGGED: "device disconnected",
        LossReason.NO_SUCH_PORT: "no such port",
        LossReason.NO_PERMISSION: "no permission for the port",
        LossReason.PORT_BUSY: "port in use",
        LossReason.MODEM_SILENT: "modem does not answer",
        LossReason.NOT_REGISTERED: "not registered",
        LossReason.NETWORK: "network failure",
        LossReason.DRIVER_FAILED: "driver failed",
        LossReason.STOPPED: "listening stopped",
    },
)


def words(language: str) -> Words:
    """The words of `language`, one of `i18n.LANGUAGES`; English for any other."""
    return CHINESE if language == "zh_CN" else ENGLISH
