"""What the plates of the other American states and Canadian provinces look like, one row each.

Colours and slogans were taken from pictured plates; patterns from the serials on them. New York
issues no I, O or Q, Ontario no G, I, O, Q or U; the others use all letters somewhere, so O against 0
rests on the shape of the die alone. No state here stamps a slashed zero as a rule.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Look:
    """One issue of a state's plate."""

    ground: str
    ink: str
    footer: str
    header_colour: str = ""
    """Empty means as the serial."""
    header_face: str = "overpass"
    footer_colour: str = ""
    patterns: tuple[str, ...] = ()
    """Empty means the state's own."""
    header: str = ""


@dataclass(frozen=True, slots=True)
class State:
    """A state: its name, serials and issues."""

    name: str
    patterns: tuple[str, ...]
    looks: tuple[Look, ...]
    mark: str = "hyphen"
    letters: str = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
    weight: float = 1.0


_NAVY, _WHITE, _GOLD, _BLACK, _RED, _GREEN = "1b2550", "f0f0ec", "f0b32e", "1c1c1c", "b3202c", "1d5b3c"
_NY = "ABCDEFGHJKLMNPRSTUVWXYZ"
_T = ("{T}999999{C}",)

STATES: dict[str, State] = {
    "us-ny": State("NEW YORK", ("AAA~9999", "AAA~9999", "AAA~9999", "AAA~9999", "99999~AA", "AA~9999", "<AA>9999", "9A99A", "<AA> 99999"), (
        Look("bands:1c2a55@.2,eba52c@1", "1c2547", "EMPIRE STATE", "eba52c", "serif", "1c2547"),
        Look("bands:1c2a55@.2,f0b43c@1", "1c2547", "EMPIRE STATE", "f0c45c", "serif", "1c2547"),
        Look("bands:eeeeea@.17,e8b04a@.2,eeeeea@1", "20243c", "EXCELSIOR", "20305c", "serif", "d9a23c"),
        Look("bands:eeeeea@.17,e8b04a@.2,eeeeea@1", "20243c", "EXCELSIOR", "20305c", "serif", "d9a23c"),
        Look("bands:274a8c@.22,f1f2f0@.86,22407c@1", "1d2d5e", "THE EMPIRE STATE", "f4f4f4", "serif", "f4f4f4"),
        Look("bands:1c2a55@.2,eba52c@1", "1c2547", "T&LC", "eba52c", "serif", "1c2547", _T),
        Look("bands:eeeeea@.17,e8b04a@.2,eeeeea@1", "20243c", "T&LC", "20305c", "serif", "303040", _T),
        Look("bands:1c2a55@.2,eba52c@1", "1c2547", "TAXI", "eba52c", "serif", "1c2547", ("{Y}999999{C}",)),
        Look("bands:1c2a55@.2,eba52c@1", "1c2547", "COMMERCIAL", "eba52c", "serif", "1c2547", ("99999~AA",)),
        Look("bands:274a8c@.22,f1f2f0@1", "1d2d5e", "T&LC", "f4f4f4", "serif", "1d2d5e", _T),
        Look("flat:f2f1ec", "1e2c66", "EMPIRE STATE", "1e3a8c", "serif", "b8342c", ("A99 9AA", "AAA 999", "AA9 99A")),
        Look("flat:e9a330", "20305e", "NEW YORK", "", "barlow", "", ("999-AAA", "9999-AAA", "AAA-999"), " "),
        Look("flat:23356b", "e9a330", "NEW YORK", "", "barlow", "", ("999-AAA", "AA-9999"), " "),
    ), "nystate", _NY),
    "us-nj": State("New Jersey", ("A99~AAA", "A99~AAA", "AAA~99A", "AA~999A", "AAA~9999", "AA~999<AA>"), (
        Look("fade:efe3a0,e5cf5c", "1d1d1d", "Garden State", "", "serif", "1d1d1d"),
        Look("fade:f4f0d8,e2c84a,cfae34", "1d1d1d", "Garden State", "", "serif", "1d1d1d"),
        Look("flat:d8c97a", "222222", "GARDEN STATE", "", "barlow", "", ("AAA-999", "999-AAA")),
        Look("flat:4d84b8", "e8e4d0", "GARDEN STATE", "", "barlow", "", ("999~AAA", "AAA~99A")),
    ), "njstate"),
    "us-pa": State("PENNSYLVANIA", ("AAA~9999", "AAA~9999", "AA~99999", "AA~999"), (
        Look("bands:23408c@.19,f2f3f2@.8,f1c232@1", "1d2f6c", "visitPA.com", "f2f2f2", "overpass", "1d2f6c"),
        Look("fade:7ab0e0,f4f4f4,f4f4f4,f3d060", "1d2f6c", "visitPA.com", "1d2f6c", "overpass", "1d2f6c"),
        Look("flat:24408c", "f1c232", "KEYSTONE STATE", "", "barlow"),
        Look("flat:e8a634", "22346c", "PENNSYLVANIA", "", "barlow", "", (), " "),
    ), "keystone"),
    "us-ct": State("Connecticut", ("999~AAA", "AA~99999", "9AAAA9", "AA~9999"), (
        Look("fade:3a86c8,d8ecf6,f4f6f6", "1f2c50", "Constitution State", "1f2c50", "serif", "1f2c50"),
        Look("flat:3568a8", "f1f1ec", "CONSTITUTION STATE", "", "barlow"),
    ), "dot"),
    "us-ma": State("Massachusetts", ("999 AA9", "99AA99", "9AA 999", "999999", "A99999", "9999 AA"), (
        Look("flat:f1f0ec", "b03038", "The Spirit of America", "25408c", "serif", "25408c"),
        Look("flat:ecebe6", "1f6848", "MASSACHUSETTS", "", "barlow", "", (), " "),
    )),
    "us-ri": State("Rhode Island", ("AA-999", "999 999", "999999", "99999", "9AA-999"), (
        Look("hills:f2f2f0,e8eef0,9ab4c8", "1f2c5c", "Ocean State", "", "serif"),
        Look("flat:e9e8e2", "1f2a4c", "DISCOVER", "", "barlow"),
    ), "dot"),
    "us-vt": State("Vermont", ("AAA 999", "AAA 999", "99999"), (
        Look("flat:1f6b46", "eef0ea", "Green Mountain State", "", "serif"),
        Look("flat:2a7d5a", "f0f0ea", "SEE VERMONT", "", "barlow"),
    )),
    "us-nh": State("NEW HAMPSHIRE", ("999 9999", "999 9999", "AA 999", "999999"), (
        Look("hills:f1f4ee,dcead8,7aa890", "1d5b46", "LIVE FREE OR DIE", "", "serif"),
    )),
    "us-me": State("MAINE", ("9999 AA", "999999", "9999 A", "99999", "999 AAA"), (
        Look("flat:eeeeea", "22345c", "Vacationland", "b02a34", "overpass", "b02a34"),
        Look("hills:f4f4ee,e6ecdc,4c7050", "1c1c2c", "Vacationland", "1f4c34", "serif", "1f4c34"),
    )),
    "us-md": State("Maryland", ("9AA9999", "9AA9999", "AA 9999", "AAA 999"), (
        Look("bands:f2f2ee@.74,f0c238@.88,b02a30@1", "1c1c1c", "", "b02a30", "serif"),
        Look("flat:f0f0ea", "1c1c1c", "www.maryland.gov", "b02a30", "serif", "1c1c1c"),
        Look("fade:f4f4f4,d84850,e8d070", "1c1c1c", "WAR OF 1812", "26366c", "serif", "26366c"),
    )),
    "us-de": State("DELAWARE", ("999999", "99999", "A99999"), (
        Look("flat:1d3a78", "e8b848", "THE FIRST STATE", "", "barlow"),
        Look("flat:181818", "eeeeea", "DELAWARE", "", "barlow", "", (), " "),
    )),
    "us-dc": State("WASHINGTON, DC", ("AA 9999", "AA-9999"), (
        Look("flat:e8ecf0", "2a4078", "TAXATION WITHOUT REPRESENTATION", "2a4078", "overpass", "b02a34"),
    )),
    "us-va": State("VIRGINIA", ("AAA-9999", "AAA-9999", "AAA 999", "AA 9999", "99-999A"), (
        Look("flat:f0f1f0", "24356c", "VIRGINIA IS FOR LOVERS", "24356c", "overpass", "b83040"),
        Look("fade:9cc0e4,f0f2f4,f4f4f4", "24356c", "", "24356c", "serif"),
    )),
    "us-nc": State("NORTH CAROLINA", ("AAA-9999", "AAA-9999", "AA-9999", "AAA-999"), (
        Look("hills:dce8f4,f2f4f4,a8bcd0", "c02c3c", "NORTH CAROLINA", "b02a3a", "script", "c02c3c", (), "First in Flight"),
        Look("hills:dce8f4,f2f4f4,a8bcd0", "24408c", "NORTH CAROLINA", "b02a3a", "script", "24408c", (), "First in Flight"),
    )),
    "us-sc": State("SOUTH CAROLINA", ("AAA 999", "AAA 999", "AA 9999", "A99999", "9999 AA"), (
        Look("fade:f2f2ee,e8eef4,7098c8", "22306c", "While I Breathe, I Hope", "", "serif"),
        Look("fade:78a8d8,f0f2f0,f0d8a0", "22345c", "Smiling Faces. Beautiful Places.", "", "script"),
    )),
    "us-ga": State("GEORGIA", ("AAA9999", "AAA9999", "AAA 999", "999 AAA"), (
        Look("fade:f4f4f0,f2ece0,e8c498", "1d1d1d", "JACKSON", "", "serif", "1d1d1d", (), "GEORGIA.gov"),
        Look("hills:f4f0e8,f0dcc0,e0a468", "1d1d1d", "FULTON", "c04828", "serif"),
    )),
    "us-fl": State("MYFLORIDA.COM", ("AAA A99", "999 AAA", "A99 9AA", "AAA 99A", "AA9 9AA", "99A AAA"), (
        Look("photo:f1f3ee,f0b070,8cc4a0", "1d6040", "SUNSHINE STATE", "1d6040", "serif", "1d6040"),
        Look("photo:f1f3ee,f0b070,8cc4a0", "1d6040", "IN GOD WE TRUST", "1d6040", "serif", "1d6040"),
        Look("flat:f0f2ec", "c85a28", "SUNSHINE STATE", "1d7a54", "barlow", "1d7a54", (), "FLORIDA"),
    )),
    "us-al": State("Alabama", ("9AA9999", "99AA999", "99A9999", "9A9999A", "9999AA9"), (
        Look("hills:88b8dc,e8f0f0,5c9078", "1d2d50", "Sweet Home", "", "serif"),
        Look("fade:cfe0f0,f2f2ee,f2f2ee", "b02430", "Heart of Dixie", "24408c", "serif", "24408c"),
    )),
    "us-ms": State("MISSISSIPPI", ("AAA 999", "AAA 999", "AAA 9999"), (
        Look("fade:d8e4ec,f2f0e6,e4d8b8", "24305c", "HINDS", "24305c", "serif", "24305c"),
        Look("hills:c8dcec,eef0ec,a8c0a0", "26407c", "RANKIN", "", "serif"),
    )),
    "us-la": State("Louisiana", ("999 AAA", "AAA 999", "A999999", "999A999"), (
        Look("photo:f2f2ee,d8e8e0,e8dcc0", "22284c", "Sportsman's Paradise", "b82c38", "script", "22284c"),
    )),
    "us-tx": State("TEXAS", ("AAA~9999", "AAA~9999", "AA9~A999", "AAA~999", "999~AAA", "A99~AAA"), (
        Look("flat:f2f2f0", "1b1b1b", "The Lone Star State", "1b1b1b", "overpass", "1b1b1b"),
        Look("flat:f0f0ee", "1b1b1b", "The Lone Star State", "1b1b1b", "overpass", "1b1b1b"),
        Look("hills:6898d0,e8ecf0,7890b0", "22305c", "THE LONE STAR STATE", "b02a34", "overpass"),
        Look("flat:ebeae4", "24408c", "TEXAS", "b02a34", "overpass", "", (), " "),
    ), "star"),
    "us-ok": State("OKLAHOMA", ("AAA-999", "AAA-999", "999-AAA", "AA-9999"), (
        Look("fade:78b4d4,cfe6ee,f4f6f4", "22305c", "EXPLORE OKLAHOMA", "22305c", "overpass", "22305c"),
        Look("fade:f1f2ee,e8ecd8,d8dca0", "1d6044", "Oklahoma OK!", "", "barlow"),
        Look("flat:eeeeea", "26406c", "NATIVE AMERICA", "26406c", "serif"),
    )),
    "us-ar": State("Arkansas", ("999 AAA", "AAA 99A", "AAA 999"), (
        Look("photo:f2f2f0,d4e4f0,dce8d8", "1c1c1c", "The Natural State", "b8303c", "serif", "b8303c"),
        Look("flat:f0f0ec", "b8303c", "The Natural State", "24408c", "serif", "24408c"),
    )),
    "us-tn": State("Tennessee", ("999-AAA", "A99-99A", "AA 9999", "999 AAA", "AAA 9999"), (
        Look("hills:f0f2ec,dce8d4,68987c", "1c2c34", "THE VOLUNTEER STATE", "1f4a3c", "serif", "1f4a3c"),
        Look("flat:20386c", "f0f0ee", "THE VOLUNTEER STATE", "", "overpass"),
    )),
    "us-ky": State("KENTUCKY", ("999 AAA", "999 AAA", "AAA 999", "A9A 999"), (
        Look("fade:78a8d8,e8eef4,f2f2ee", "22305c", "UNBRIDLED SPIRIT", "", "overpass"),
        Look("fade:9cc4e4,f4f6f6,f4f6f6", "1e3468", "BLUEGRASS STATE", "", "serif"),
    )),
    "us-wv": State("West Virginia", ("9AA 999", "AAA 999", "99A 999"), (
        Look("bands:24508c@.22,f2f2ec@.82,f0c440@1", "22386c", "Wild, Wonderful", "f0c440", "serif", "22386c"),
    )),
    "us-oh": State("OHIO", ("AAA 9999", "AAA 9999", "AA99AA", "999 AAA"), (
        Look("fade:c03038,f2f2f0,f2f2f0,f2f2f0", "22306c", "BIRTHPLACE OF AVIATION", "f2f2f2", "overpass", "22306c"),
        Look("hills:88c0e8,f4f0d0,c8b070", "22306c", "", "22306c", "serif"),
    )),
    "us-mi": State("MICHIGAN", ("AAA 9999", "AAA 9999", "9AAA99", "AAA 999"), (
        Look("bands:3c78b8@.2,f2f3f2@1", "22386c", "PURE MICHIGAN", "f2f2f2", "overpass", "22386c"),
        Look("flat:24449c", "f0f0ec", "GREAT LAKES", "", "barlow", "", ("AAA 999", "999 AAA")),
        Look("fade:f2f3f2,f2f3f2,9cc8e8", "22386c", "WWW.MICHIGAN.GOV", "", "overpass"),
    )),
    "us-in": State("INDIANA", ("999AAA", "999A", "99A 9999", "999 AA", "AAA 999"), (
        Look("fade:f4f4f0,dce8ec,5c90b8", "1d2c44", "IN GOD WE TRUST", "", "serif"),
        Look("flat:2c549c", "f2f2f0", "INDIANA", "", "overpass", "", ("999AAA", "99A 9999"), " "),
        Look("hills:f0e8d0,e8d8a8,7c9c68", "1f2c4c", "BICENTENNIAL 1816-2016", "", "serif"),
    )),
    "us-il": State("Illinois", ("AA 99999", "999 9999", "A99 9999", "999 9999", "AA 9999"), (
        Look("fade:d4e4f2,f2f4f4,f2f4f4", "b02c3c", "Land of Lincoln", "22407c", "script", "22407c"),
        Look("hills:b8d4ec,f0f4f4,d8e0d0", "b02c3c", "Land of Lincoln", "22407c", "script", "22407c"),
    )),
    "us-wi": State("WISCONSIN", ("999-AAA", "AAA-9999", "AAA-9999", "A99-999"), (
        Look("bands:f2f2ee@.06,f2f2ee@1", "1c2440", "America's Dairyland", "b82c38", "serif", "b82c38"),
        Look("flat:f0f0ea", "b02c38", "AMERICA'S DAIRYLAND", "", "barlow"),
    )),
    "us-mn": State("Minnesota", ("AAA 999", "999 AAA", "999~AAA", "AA9999"), (
        Look("hills:a8d0ec,f0f4f4,4880b0", "22345c", "10,000 lakes", "22406c", "script", "22406c"),
    )),
    "us-ia": State("IOWA", ("AAA 999", "999 AAA", "AAA 999"), (
        Look("hills:9cc4e4,f0f2ee,6c98b8", "22345c", "POLK", "22345c", "overpass", "22345c"),
        Look("flat:1f6a50", "f0f0ea", "LINN", "", "overpass"),
    )),
    "us-mo": State("Missouri", ("AA9 A9A", "AA9 A9A", "999 AAA", "9AA 99A"), (
        Look("fade:9cc4e8,f2f4f4,9cc4e8", "22305c", "Show-Me State", "22407c", "script", "22305c"),
        Look("bands:b83040@.07,f2f2f0@.86,2c4c8c@1", "22305c", "Bicentennial", "22305c", "serif", "f0f0f0"),
    )),
    "us-ks": State("KANSAS", ("999 AAA", "999 AAA", "9999AAA", "AAA 999"), (
        Look("fade:a8c4d8,dce4e8,e8ecec", "22345c", "", "22345c", "serif"),
        Look("bands:22386c@.2,f0d070@.24,f0f0ec@1", "22345c", "TO THE STARS", "f0f0ec", "overpass", "22345c"),
    )),
    "us-ne": State("NEBRASKA", ("99-A999", "9-A9999", "AAA 999", "AAA 999"), (
        Look("photo:f0f0e4,e8d8a8,b8c4d0", "22305c", "nebraska.gov", "22305c", "overpass", "22305c"),
        Look("fade:a8c8e0,f0f2ee,d8d0a8", "22305c", "THE GOOD LIFE", "", "overpass"),
    )),
    "us-sd": State("South Dakota", ("9AA 999", "9A9 999", "99A 999", "9A9999"), (
        Look("hills:8cb8e0,e8f0f4,c8b498", "22305c", "Great Faces. Great Places.", "b82c38", "script", "b82c38"),
    )),
    "us-nd": State("NORTH DAKOTA", ("AAA 999", "999 AAA", "999 AAA"), (
        Look("fade:6ca0d0,f0d8a0,c89050", "1d1d2c", "PEACE GARDEN STATE", "", "overpass", "", (), "NORTH DAKOTA"),
        Look("hills:f0c078,e8e4d0,807858", "1f2434", "Legendary", "", "overpass"),
    )),
    "us-mt": State("MONTANA", ("9-99999A", "9-99999", "99-9999A", "AAA999"), (
        Look("flat:28549c", "f2f2f0", "TREASURE STATE", "", "overpass"),
        Look("hills:7cb0e0,f0f4f4,3c5c78", "1d2440", "Big Sky Country", "", "serif"),
        Look("flat:eeeeea", "24408c", "TREASURE STATE", "", "barlow"),
    )),
    "us-wy": State("WYOMING", ("9 9999", "99 9999", "9-99999", "9 999AA"), (
        Look("hills:9cc8ec,f0e8d8,a89880", "1c1c1c", "FOREVER WEST", "", "serif"),
        Look("hills:4c90c8,c0dcec,787060", "1c1c1c", "", "", "serif"),
    )),
    "us-co": State("COLORADO", ("999 AAA", "AAA 999", "AAA-A99", "999-AAA", "AAA-999"), (
        Look("hills:1f5c40,1f5c40,f0f2f0", "f2f4f0", "COLORADO", "", "barlow", "1f5c40", (), " "),
        Look("bands:1f5c40@.24,f1f3f0@1", "1f5c40", "COLORFUL", "f1f3f0", "barlow", "1f5c40"),
    )),
    "us-ut": State("UTAH", ("A99 9AA", "A99 9AA", "999 AAA", "9A9 9AA"), (
        Look("photo:f0f2f0,e8a468,88b8e0", "1e2c5c", "LIFE ELEVATED", "1e2c5c", "overpass"),
        Look("fade:4c88c8,e8f0f4,f4f4f4", "1e2c5c", "GREATEST SNOW ON EARTH", "b83040", "overpass"),
        Look("flat:161616", "f0f0ee", "UTAH", "", "barlow", "", (), " "),
    )),
    "us-nv": State("NEVADA", ("999-AAA", "99A-999", "999~A99", "AAA-999"), (
        Look("hills:a8d0f0,f4dca0,6890c0", "1f3264", "THE SILVER STATE", "", "serif"),
        Look("fade:3878b8,88b8d8,f0e0b0", "1c2850", "HOME MEANS NEVADA", "", "serif"),
        Look("flat:2858a0", "eeeeea", "THE SILVER STATE", "", "barlow"),
    ), "dot"),
    "us-az": State("ARIZONA", ("AAA9999", "AAA9999", "999-AAA", "A9A 9AA", "AAA 999"), (
        Look("hills:f4ecd0,f0c890,58407c", "1d5a4c", "GRAND CANYON STATE", "1d5a4c", "overpass", "58407c"),
        Look("hills:8cd0d8,f0d0a0,6c4878", "1d4c44", "GRAND CANYON STATE", "1d4c44", "overpass", "f4e8c8"),
    )),
    "us-nm": State("New Mexico USA", ("AAA-999", "999-AAA", "AAA~A99", "999~AAA"), (
        Look("flat:efc62c", "b83030", "Land of Enchantment", "b83030", "serif", "b83030"),
        Look("flat:3cb8c4", "f2d850", "Land of Enchantment", "f2d850", "serif", "f2d850"),
    ), "plus"),
    "us-id": State("Scenic IDAHO", ("9A 999999", "9A 9999A", "A 999999", "9A 99999"), (
        Look("fade:c03444,f0e8e8,f2f4f4,5c8cc0", "22306c", "FAMOUS POTATOES", "22306c", "overpass", "22306c"),
    )),
    "us-wa": State("WASHINGTON", ("AAA9999", "AAA9999", "999-AAA", "AAA 999"), (
        Look("hills:f2f4f4,e8f0f4,a8c8dc", "22345c", "EVERGREEN STATE", "22345c", "overpass", "b82c38"),
        Look("hills:f2f4f4,e8f0f4,a8c8dc", "22345c", "EVERGREEN STATE", "b82c38", "overpass", "22345c"),
    ), "dot"),
    "us-or": State("Oregon", ("999 AAA", "AAA 999", "999 AAA"), (
        Look("hills:b8d8ec,f0e8e0,7888b0", "22306c", "Pacific Wonderland", "22306c", "serif", "f2f2ee"),
        Look("fade:a8c4e0,ece4f0,c8a8c8", "22306c", "", "22306c", "serif"),
    )),
    "us-ak": State("ALASKA", ("AAA 999", "AAA 999", "AAA 999"), (
        Look("flat:eab62c", "24387c", "THE LAST FRONTIER", "", "overpass"),
        Look("fade:f4d860,eab62c,eab62c", "24387c", "THE LAST FRONTIER", "", "serif"),
    )),
    "us-hi": State("HAWAII", ("AAA 999", "AAA 999", "AAA 999"), (
        Look("fade:f2f2f0,f2f2f0,e8dcec", "1d1d1d", "ALOHA STATE", "1d1d1d", "overpass", "1d1d1d"),
    )),
    "can-on": State("ONTARIO", ("AAAA 999", "AAAA~999", "AAA 999", "AA 99999"), (
        Look("flat:f1f2f2", "22468c", "YOURS TO DISCOVER", "", "overpass"),
    ), "plus", "ABCDEFHJKLMNPRSTVWXYZ"),
    "can-qc": State("Québec", ("A99 AAA", "999 AAA", "AA 99999"), (
        Look("flat:f0f2f4", "22468c", "Je me souviens", "", "overpass"),
    )),
    "can-bc": State("British Columbia", ("AA9 99A", "AAA 999", "999 AAA"), (
        Look("flat:f1f2f4", "22367c", "Beautiful", "", "serif"),
    )),
    "can-ab": State("Alberta", ("AAA 9999", "AAA 999"), (
        Look("flat:f0f1f0", "b82c38", "Wild Rose Country", "", "script"),
    )),
    "can-mb": State("Manitoba", ("AAA 999",), (
        Look("hills:a8d0ec,f0f2ee,8cb890", "22305c", "Friendly", "", "script"),
    )),
}

POOL = (
    ("flat:efefeb", "1e2a5a"), ("flat:f2f2ee", "202020"), ("flat:f0efe8", "a82430"), ("flat:eceeea", "1d5c44"),
    ("flat:1e3d86", "f0f0ea"), ("flat:1a1a1a", "e8b23c"), ("flat:161616", "ececea"), ("flat:20408c", "e9b830"),
    ("flat:1d6847", "f0f0ea"), ("flat:8c2030", "f0eadc"), ("flat:e8a62e", "1d2a58"), ("flat:efca3a", "1c1c1c"),
    ("flat:e3702a", "1d2a50"), ("flat:d8d2b4", "26365c"), ("fade:6ca4d8,f0f2f2,f4f4f4", "1e2a5a"),
    ("fade:f4e4a0,f2f0e4,f2f2ee", "1d4a38"), ("fade:f2f2ee,e8ecf0,5c8cc0", "1e2a5a"),
    ("hills:8cc0e8,f0e4c8,6c8c70", "1e2444"), ("hills:f0c888,f0dcb8,7c5c78", "26203c"),
    ("photo:f0f0ea,c8dcec,e8c8a8", "1e2a5a"), ("photo:e8eef0,a8c8d8,c8d8b0", "1c1c24"),
    ("side:9cc4e4,f2f2f0,f0d8b0", "1e2a5a"), ("bands:1f3a78@.2,f1f1ee@1", "1f2c58"),
    ("bands:b02c38@.2,f1f1ee@.84,b02c38@1", "1f2c58"), ("photo:f0d0dc,d880a8,f4e8ec", "30204c"),
)
"""Grounds with an ink for special issues of any state."""
