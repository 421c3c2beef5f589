"""A second verifier of Golive's journals: one log, its files oldest first. Standard library and openssl, nothing of Golive.
python tools/verify_journal.py KEY.json [--seals FILE] [--first-key FILE] FILE...   exits 0 clean, 1 tampered, 6 cannot say"""
import argparse, collections, decimal, functools, hashlib, hmac, json, pathlib, re, subprocess, sys, tempfile
FIELDS = dict(body=dict, boot=str, epoch=int, key_id=str, mac=str, mono=str, operator=str, prev=str, seq=int, ts=str, type=str, v=int)
HEAD, TAIL, DER = b'{"schema":"golive.register.v1","entries":[\n', b"\n]}\n", bytes.fromhex("302a300506032b6570032100")
def canon(x):  # RFC 8785
    if isinstance(x, dict): return "{%s}" % ",".join(f"{canon(k)}:{canon(x[k])}" for k in sorted(x, key=lambda k: k.encode("utf-16-be")))
    if isinstance(x, list): return "[%s]" % ",".join(map(canon, x))
    if not isinstance(x, float): return "" if type(x) is int and abs(x) >= 2**53 else json.dumps(x, ensure_ascii=False)
    sign, digits, power = decimal.Decimal(repr(x)).normalize().as_tuple()
    digits, point = "".join(map(str, digits)), len(digits) + power
    if not -6 < point <= 21: text = f"{digits[0]}{'.' * (len(digits) > 1)}{digits[1:]}e{'+' * (point > 0)}{point - 1}"
    else: text = digits + "0" * power if power >= 0 else f"{digits[:max(point, 0)] or 0}.{'0' * -point}{digits[max(point, 0):]}"
    return "-" * bool(sign and x) + text
def read(line): return value if canon(value := json.loads(line.decode(), parse_constant=float)).encode() == line else 1 / 0
def mac(key, value): return hmac.digest(key, canon(value).encode(), "sha256").hex()
def expand(key, info, times=1): return functools.reduce(lambda k, _: hmac.digest(k, info + b"\x01", "sha256"), range(times), key)
def mac_key(first, key_id):  # every key of every log follows from the first root; None without that
    found = re.fullmatch(r"([a-z0-9-]+)\.(0|[1-9][0-9]{0,8})\.([0-9a-f]{16})\.(0|[1-9][0-9]{0,8})", key_id)
    if not first or not found or found[1][-17:] != "-" + hashlib.sha256(b"golive key id|" + first).hexdigest()[:16]: return None
    root = expand(first, b"golive next key", int(found[2]))
    return expand(expand(root, b"golive log|" + found[3].encode()), b"golive next key", int(found[4]))
def tree(leaves):  # RFC 9162, 2.1.1
    half = 1 << (len(leaves) - 1).bit_length() - 1 if len(leaves) > 1 else 0
    return hashlib.sha256(b"\x01" + tree(leaves[:half]) + tree(leaves[half:]) if half else b"\x00" + leaves[0]).digest()
@functools.cache
def opened(document, key_id, public):  # what a seal says, when that key has signed it
    seal = read(document)
    parts = dict(sig=bytes.fromhex(seal.pop("signature")), text=canon(seal).encode(), key=DER + bytes.fromhex(public))
    with tempfile.TemporaryDirectory() as at:
        for name, data in parts.items(): pathlib.Path(at, name).write_bytes(data)
        openssl = "openssl pkeyutl -verify -pubin -keyform DER -inkey key -rawin -in text -sigfile sig".split()
        return 1 / 0 if seal["key_id"] != key_id or subprocess.run(openssl, cwd=at, capture_output=True).returncode else seal
def verify(files, key, copies=None, first=None):  # yields (exit code, text); nothing for a clean log
    log, seq, prev, kid, closed, unknown, seals, start = "", 0, "", "", False, set(), collections.defaultdict(list), 0
    beside = [at.read_bytes() if at.is_file() else None for at in (file.with_suffix(".seal.json") for file in files)]
    kept = copies.read_bytes().split(b"\n")[:-1] if copies and copies.is_file() else []
    if copies and not {seal[:-1] for seal in beside if seal is not None} <= set(kept): yield (1 if kept else 6), "a seal beside a file was not kept"
    for document in [*(seal and seal[:-1] if seal is None or seal.endswith(b"\n") else b"-" for seal in beside), *kept]:
        try: seals[(seal := opened(document, key["key_id"], key["public_key"]))["last_seq"]].append(seal)
        except (ArithmeticError, ValueError, KeyError, AttributeError, TypeError): yield (6, "no seal beside a file") if document is None else (1, "bad seal")
    for file in files:
        data, size = file.read_bytes() if file.is_file() else b"", 0
        if data.startswith(HEAD) and data.endswith(TAIL): data = data[len(HEAD):-len(TAIL)].replace(b",\n", b"\n") + b"\n"
        *lines, rest = data.split(b"\n")
        if rest: yield 6, f"{file}: torn tail"
        for number, line in enumerate(lines, 1):
            size, where, opens = size + len(line) + 1, f"{file}, line {number}", number == 1
            try: row = read(line)
            except (ArithmeticError, ValueError): row = None
            if not isinstance(row, dict) or {k: type(v) for k, v in row.items()} != FIELDS or row["v"] != 1:
                yield 1, f"{where}: not a record in canonical form"; continue
            body, known, is_opener = row["body"], mac_key(first, row["key_id"]), row["type"] in ("header", "segment_opened")
            log, start = log or body.get("log_id", ""), start or row["seq"]
            if opens and file == files[0] and row["type"] == "segment_opened": yield 6, f"{where}: continues a file that was not read"
            elif (row["seq"], row["prev"]) != (seq + 1, prev) or closed and not opens: yield 1, f"{where}: out of order"
            fits = not opens or (row["type"] == "header") == (row["seq"] == 1) and {"code_version", "config_sha384"} <= set(body) and log
            if is_opener != opens or not fits: yield 1, f"{where}: out of place"
            if (row["key_id"], body.get("log_id", log) if opens else log) != (kid or row["key_id"], log): yield 1, f"{where}: another key or log"
            if body.get("key_class") != ("development", "production")[row["key_id"].startswith("prod-")]: yield 1, f"{where}: not the class of its key"
            if not known: unknown.add(row["key_id"])
            elif mac(known, {k: v for k, v in row.items() if k != "mac"}) != row["mac"]: yield 1, f"{where}: bad mac"
            kid = str(body.get("successor")) if row["type"] == "key_evolved" else row["key_id"]
            proof = mac(mac_key(first, kid) or b"", {"prev": prev, "seq": row["seq"], "successor": kid})
            if known and kid != row["key_id"] and proof != body.get("countersign"): yield 1, f"{where}: the next key did not sign"
            seq, prev, closed = row["seq"], row["mac"], row["type"] == "segment_closed"
            for seal in seals.pop(seq, ()):
                state = (log, prev, size, hashlib.sha256(data[:size]).hexdigest(), tree(lines[:number]).hex())
                if tuple(map(seal.get, ("log_id", "head_mac", "size", "content_sha256", "merkle_root"))) == state: unknown.clear()
                else: yield 1, f"{where}: not as it was sealed"
    if any(n >= start for n in seals): yield 1, f"{files[-1]}: records are gone or were rewritten: seals cover seq {sorted(seals)}"
    if unknown or closed or not seq: yield 6, f"the file that follows and MAC keys are not at hand: {sorted(unknown)}" if seq else "no record"
if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    for name, n in [("key", None), ("--seals", None), ("--first-key", None), ("files", "+")]: parser.add_argument(name, nargs=n, type=pathlib.Path)
    asked = parser.parse_args()
    try: found = list(verify(asked.files, json.loads(asked.key.read_bytes()), asked.seals, bytes.fromhex(asked.first_key.read_text()) if asked.first_key else None))
    except (OSError, ValueError) as error: found = [(6, f"cannot be read: {error}")]
    print(*(text for _, text in found or [(0, "clean")]), sep="\n")
    sys.exit(min((code for code, _ in found), default=0))
