"""The code lists and their flags, and the parameters of the rules."""

from collections.abc import Mapping
from dataclasses import dataclass, field

UNASSIGNED = "UNASSIGNED"
DEFAULT_ZONE_SCHEME = "DX2030-3"


@dataclass(frozen=True)
class Instrument:
    counts: bool
    shares_required: bool


def _programme_kinds() -> Mapping[str, bool]:
    return {"convergence_graduate_school": True, "on_site_training": True, "other": False}


def _fields() -> Mapping[str, bool]:
    names = (
        "AI BIGDATA CLOUD NET5G BLOCKCHAIN IOT SMARTMFG METAVERSE SECURITY SMARTCITY FINTECH "
        "SMARTSEA CONTENT SW ETC"
    )
    return dict.fromkeys(names.split(), True)


def _districts() -> Mapping[str, bool]:
    inside = (
        "26110 26140 26170 26200 26230 26260 26290 26320 26350 26380 26410 26440 26470 26500 "
        "26530 26710"
    )
    return {**dict.fromkeys(inside.split(), True), "OUTSIDE": False}


def _zones() -> Mapping[str, Mapping[str, str]]:
    schemes = {
        "DX2030-3": {
            "CENTRAL": "26110 26140 26170 26200 26230 26260 26290 26410 26470",
            "WEST": "26320 26380 26440 26530",
            "EAST": "26350 26500 26710",
        },
        "PLAN2040-6": {
            "OLD": "26110 26140 26170 26200 26230 26290",
            "DONGNAE": "26260 26410 26470",
            "GANGDONG": "26320 26380 26530",
            "HAEUNDAE": "26350 26500",
            "GANGSEO": "26440",
            "GIJANG": "26710",
        },
    }
    return {
        scheme: {code: zone for zone, codes in zones.items() for code in codes.split()}
        for scheme, zones in schemes.items()
    }


def _instruments() -> Mapping[str, Instrument]:
    groups = (
        ("common rcps cps rps", Instrument(counts=True, shares_required=True)),
        ("cb bw eb safe convertible_note project", Instrument(True, False)),
        ("loan venture_debt guarantee grant other", Instrument(False, False)),
    )
    return {code: flags for codes, flags in groups for code in codes.split()}


def _rounds() -> frozenset[str]:
    rounds = "seed pre_a series_a series_b series_c series_d bridge pre_ipo other"
    return frozenset(rounds.split())


def _investor_kinds() -> frozenset[str]:
    kinds = (
        "venture_capital venture_fund new_technology_finance accelerator individual_fund "
        "fund_of_funds corporate public foreign angel other"
    )
    return frozenset(kinds.split())


def _channels() -> frozenset[str]:
    return frozenset({"city_budget", "city_fund", "attracted", "other"})


@dataclass(frozen=True)
class Codes:
    """Code -> does it count. Zones: scheme -> district -> zone."""

    programme_kinds: Mapping[str, bool] = field(default_factory=_programme_kinds)
    fields: Mapping[str, bool] = field(default_factory=_fields)
    districts: Mapping[str, bool] = field(default_factory=_districts)
    zones: Mapping[str, Mapping[str, str]] = field(default_factory=_zones)
    instruments: Mapping[str, Instrument] = field(default_factory=_instruments)
    rounds: frozenset[str] = field(default_factory=_rounds)
    investor_kinds: frozenset[str] = field(default_factory=_investor_kinds)
    channels: frozenset[str] = field(default_factory=_channels)
    counts_from_year: int = 2022

    def zone(self, scheme: str, district: str) -> str:
        return self.zones[scheme].get(district, UNASSIGNED)
