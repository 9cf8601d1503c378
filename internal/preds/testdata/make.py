"""Writes the files of this folder with numpy (2.4) itself; the tests say what they hold."""

import zipfile
from io import BytesIO

import numpy as np

p = np.array([[0.75, 0.25], [0.5, 0.5], [0.125, 0.875]])
for dtype in ("<f2", "<f4", "<f8", ">f2", ">f4", ">f8"):
    np.save(f"p-{dtype[1:]}-{'little' if dtype[0] == '<' else 'big'}.npy", p.astype(dtype))
np.save("p-fortran.npy", np.asfortranarray(p))
for version in ((2, 0), (3, 0)):
    with open(f"p-v{version[0]}.npy", "wb") as f:
        np.lib.format.write_array(f, p, version=version)
for dtype in ("i1", "i2", "i4", "i8", "u1", "u2", "u4", "u8", ">i2", ">u4", ">i8"):
    low = 0 if dtype.strip(">")[0] == "u" else -3
    np.save(f"y-{dtype.strip('>')}{'-big' if dtype[0] == '>' else ''}.npy", np.array([low, 1, 100], dtype))
np.save("y-bool.npy", np.array([True, False, True]))
np.save("y-text.npy", np.array(["setosa", "virginica", "été"]))
np.save("y-bytes.npy", np.array([b"a", b"bcd", b""]))
np.save("y-column.npy", np.array([[1.5], [2.5]]))
np.save("bad-object.npy", np.array([{"a": 1}, None], dtype=object), allow_pickle=True)
np.save("bad-fields.npy", np.zeros(2, dtype=[("id", "i8"), ("p", "f8")]))
np.save("bad-complex.npy", np.zeros(2, dtype=complex))
np.save("bad-3d.npy", np.zeros((2, 2, 2)))
np.save("bad-0d.npy", np.array(1.0))
np.save("bad-empty.npy", np.zeros((0, 10)))
np.save("bad-nan.npy", np.array([[0.5, np.nan], [np.inf, 0.5], [0.5, 0.5]]))
np.savez("ids-int.npz", p=p.astype("f4"), ids=np.array([30, 10, 2**62 + 1]))
np.savez_compressed("ids-text.npz", proba=p, ids=np.array(["c", "a", "b"]))
np.savez("positional.npz", p)
np.savez("other-name.npz", scores=p, ids=np.array([2.0, 0.0, 1.0]))
np.savez("bad-two-arrays.npz", a=p, b=p)
np.savez("bad-ids-only.npz", ids=np.arange(3))
np.savez("bad-ids-count.npz", p=p, ids=np.arange(2))
np.savez("bad-ids-twice.npz", p=p, ids=np.array([7, 7, 7]))
np.savez("bad-ids-half.npz", p=p, ids=np.array([0.0, 0.5, 1.0]))
np.savez("y-classes.npz", y=np.array(["ham", "spam", "ham"]), ids=np.arange(3), classes=np.array(["spam", "ham"]))
with zipfile.ZipFile("bad-torn-entry.npz", "w") as z:
    b = BytesIO()
    np.save(b, p)
    z.writestr("p.npy", b.getvalue()[:-8])
