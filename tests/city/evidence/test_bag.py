"""A bag that was touched is refused, and says where; a good one needs nothing of ours."""

from __future__ import annotations

import hashlib
import subprocess
import sys
from pathlib import Path

import bagit
import cryptography
import pytest

from alpr_city.errors import EvidenceError, VaultError
from alpr_city.evidence import bag as bags
from alpr_city.evidence import verify_bag
from alpr_city.vault.evidence import Evidence
from alpr_wire import cbor
from tests.city.evidence.conftest import EXPORT
from tests.city.vaults import CityVault
from tests.wire.samples import read as sample_read

ALONE = (
    "import runpy, sys; sys.path.append(sys.argv.pop(1));"
    " sys.argv[:] = sys.argv[1:]; runpy.run_path(sys.argv[0], run_name='__main__')"
)
"""Runs a program with a folder of packages as all there is besides the standard library."""


def alone(tmp_path: Path) -> Path:
    """A folder with `cryptography` and what it needs, and nothing else."""
    (site := tmp_path / "site").mkdir()
    packages = Path(cryptography.__file__).parent.parent
    for name in ("cryptography", "cffi", *(p.name for p in packages.glob("_cffi_backend*"))):
        if (packages / name).exists():
            (site / name).symlink_to(packages / name)
    return site


def faults(files: dict[str, bytes], root: str = "") -> list[str]:
    checked = verify_bag.Bag(files, root)
    assert checked.check() == (not checked.faults)
    return checked.faults


def flips(files: dict[str, bytes], apart: int) -> list[tuple[str, int]]:
    return [
        (name, at)
        for name, data in sorted(files.items())
        for at in sorted({*range(0, len(data), apart), len(data) - 1})
    ]


def refused_at(files: dict[str, bytes], apart: int) -> int:
    count = 0
    for name, at in flips(files, apart):
        data = bytearray(files[name])
        data[at] ^= 1 << at % 8
        said = faults(files | {name: bytes(data)})
        assert said, f"{name}: byte {at} was changed and nobody noticed"
        assert any(name in line or name.rsplit("/", 1)[0] in line for line in said)
        count += 1
    return count


def test_a_changed_byte_is_refused_and_its_file_named(bag: dict[str, bytes]) -> None:
    assert refused_at(bag, 211) > 100


@pytest.mark.long
@pytest.mark.timeout(3600)
def test_every_single_byte_counts(bag: dict[str, bytes]) -> None:
    assert refused_at(bag, 1) == sum(map(len, bag.values()))


def test_a_missing_file_is_refused_and_named(bag: dict[str, bytes]) -> None:
    for name in bag:
        said = faults({n: d for n, d in bag.items() if n != name})
        assert any(name in line for line in said), name


def test_an_added_file_is_refused_and_named(bag: dict[str, bytes]) -> None:
    for name in ("data/reads/0004/read.json", "note.txt"):
        assert f"{name} was added" in faults(bag | {name: b"more"})


def test_a_read_taken_out_with_its_manifest_lines_is_missed(bag: dict[str, bytes]) -> None:
    files = {n: d for n, d in bag.items() if not n.startswith("data/reads/0003")}
    payload = [n for n in files if n.startswith("data/")]
    files["manifest-sha256.txt"] = verify_bag.listing(files, payload)
    files["tagmanifest-sha256.txt"] = verify_bag.listing(files, list(verify_bag.TAGS))
    said = faults(files)
    assert "manifest-sha256.txt is not the one that the city signed for" in said
    assert any(line.startswith("data/reads/0003 cannot be checked") for line in said)


def test_a_read_in_anothers_place_is_refused(bag: dict[str, bytes]) -> None:
    swapped = dict(bag)
    for name in bag:
        if name.startswith("data/reads/0001/"):
            other = name.replace("/0001/", "/0002/")
            swapped[name], swapped[other] = bag[other], bag[name]
    assert "data/reads/0001 is another record than the certificate names" in faults(swapped)


def test_another_citys_bag_is_refused(bag: dict[str, bytes]) -> None:
    assert any("another city" in line for line in faults(bag, "00" * 16))


def test_no_bag_is_made_without_reads_or_with_one_twice(bag: dict[str, bytes]) -> None:
    with pytest.raises(EvidenceError, match="1 to 250 reads"):
        bags.build([], b"", 0, {}, lambda body: b"")


def test_a_certificate_for_somebody_elses_export_is_not_signed(
    city_vault: CityVault, bag: dict[str, bytes]
) -> None:
    evidence = Evidence(city_vault.vault)
    with pytest.raises(VaultError, match="somebody else"):
        evidence.certify(EXPORT | {"user": "b.person"}, {8: 0})
    with pytest.raises(VaultError, match="names the access record"):
        evidence.certify(EXPORT, {8: 10_000})


def test_a_good_bag_holds_and_is_a_bag_for_others_too(
    bag: dict[str, bytes], tmp_path: Path
) -> None:
    root = hashlib.sha256(cbor.decode(bag["certificate.cbor"])[0]).hexdigest()[:32]
    assert faults(bag, root) == []
    assert not any("TEST" in name for name in bag)
    bagit.Bag(str(written(bag, tmp_path / "bag"))).validate()


def test_a_good_bag_verifies_on_a_machine_without_this_software(
    bag: dict[str, bytes], tmp_path: Path
) -> None:
    folder = written(bag, tmp_path / "bag")
    command = [sys.executable, "-I", "-S", "-c", ALONE, str(alone(tmp_path))]
    command.append(str(folder / "verify_bag.py"))
    done = subprocess.run([*command, folder], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "read 3: cam-two" in done.stdout
    (folder / "data/reads/0002/read.json").write_text("{}")
    done = subprocess.run([*command, folder], capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert "DIFFERS  data/reads/0002/read.json was changed" in done.stdout
    assert "REFUSED: 2 things differ" in done.stdout


TAMPER = """
import runpy, sys
from pathlib import Path
sys.path.append(sys.argv[1])
program = runpy.run_path(sys.argv[2])
folder, apart = Path(sys.argv[3]), int(sys.argv[4])
assert not [m for m in sys.modules if m.split('.')[0] in ('alpr_city', 'alpr_wire', 'cbor2')]
good = program['load'](folder)
assert program['Bag'](good).check()
def refused(files, name):
    bag = program['Bag'](files)
    assert not bag.check() and any(name in line for line in bag.faults), (name, bag.faults)
changed = 0
for name, data in sorted(good.items()):
    place = name if not name.startswith('data/reads') else name.rsplit('/', 1)[0]
    for at in sorted({*range(0, len(data), apart), len(data) - 1}):
        for other in (data[:at] + bytes([data[at] ^ 1 << at % 8]) + data[at + 1:],
                      data[:at] + data[at + 1:], data[:at] + b'\\0' + data[at:]):
            if other != data:
                refused({**good, name: other}, place)
                changed += 1
    refused({n: d for n, d in good.items() if n != name}, name)
    refused({**good, name + '.more': b''}, name + '.more')
for number in ('0001', '0002', '0003'):
    kept = {n: d for n, d in good.items() if f'reads/{number}/' not in n}
    kept['manifest-sha256.txt'] = program['listing'](kept, [n for n in kept if n[:5] == 'data/'])
    kept['tagmanifest-sha256.txt'] = program['listing'](kept, list(program['TAGS']))
    refused(kept, f'data/reads/{number}')
print(changed)
"""


def test_alone_it_refuses_any_changed_lost_or_added_byte_or_file_and_a_missing_read(
    bag: dict[str, bytes], tmp_path: Path
) -> None:
    """With `cryptography` and the standard library alone, as a lawyer runs it."""
    folder = written(bag, tmp_path / "bag")
    program = tmp_path / "verify_bag.py"
    program.write_bytes((folder / "verify_bag.py").read_bytes())
    command = [sys.executable, "-I", "-S", "-c", TAMPER, str(alone(tmp_path)), str(program)]
    done = subprocess.run(
        [*command, str(folder), "487"], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr[-2000:]
    assert int(done.stdout) > 300


def test_the_small_reader_reads_what_the_contract_writes() -> None:
    for value in ({1: "a", 300: [None, True, -70000], -1: b"x" * 300}, {"bb": 1, "a": 2**40}):
        assert verify_bag.decode(cbor.encode(value)) == value
        assert verify_bag.encode(value) == cbor.encode(value)
    plain = sample_read().encode()
    assert verify_bag.encode(verify_bag.decode(plain)) == plain


def written(files: dict[str, bytes], folder: Path) -> Path:
    for name, data in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(data)
    return folder
