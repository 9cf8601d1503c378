package preds

import (
	"fmt"
	"io"
	"math"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/sweepd/sweepd/internal/fault"
)

// readNpy reads one array as a table. size is that of the whole file, header
// included; negative when it is not known.
func readNpy(name string, r io.Reader, size int64, lim Limits) (*table, error) {
	h, err := readHeader(name, r)
	if err != nil {
		return nil, err
	}
	t := &table{}
	if t.rows, t.cols, err = h.matrix(name, size, lim); err != nil {
		return nil, err
	}
	if h.kind == 'S' || h.kind == 'U' {
		t.text, err = items(name, r, h, t.rows*t.cols, h.textOf)
		t.text = rowMajor(h, t.text, t.rows, t.cols)
	} else {
		t.numbers, err = items(name, r, h, t.rows*t.cols, h.numberOf)
		t.numbers = rowMajor(h, t.numbers, t.rows, t.cols)
	}
	return t, err
}

// readLabels reads an array of one dimension as text: whole numbers in decimal.
func readLabels(name string, r io.Reader, size int64, lim Limits) ([]string, error) {
	h, err := readHeader(name, r)
	if err != nil {
		return nil, err
	}
	rows, cols, err := h.matrix(name, size, lim)
	if err != nil {
		return nil, err
	}
	if cols != 1 && rows > 0 {
		return nil, fault.Invalidf("this array of ids or classes has %d columns", cols).At(name).Coded("shape").Fix("write one dimension")
	}
	return items(name, r, h, rows, h.labelOf)
}

// matrix is the shape as rows and columns, after it was checked against the
// limits and the size of the file.
func (h header) matrix(name string, size int64, lim Limits) (rows, cols int, err error) {
	switch len(h.shape) {
	case 1:
		rows, cols = h.shape[0], 1
	case 2:
		rows, cols = h.shape[0], h.shape[1]
	default:
		return 0, 0, fault.Invalidf("the array has %d dimensions", len(h.shape)).At(name).Coded("shape").
			Fix("write rows, or rows x classes; a model with more outputs writes a file for each")
	}
	if rows > 0 && cols > lim.values()*8/h.cost()/rows {
		return 0, 0, fault.Invalidf("an array of %d x %d is larger than the %d values allowed", rows, cols, lim.values()).At(name).Coded("too_large")
	}
	want := int64(rows) * int64(cols) * int64(h.width)
	if have := size - int64(h.length); size >= 0 && have < want {
		return 0, 0, torn(name, io.ErrUnexpectedEOF, fmt.Sprintf("after %d of %d bytes of data", max(have, 0), want))
	}
	return rows, cols, nil
}

// cost is about how many bytes of memory an item takes once it is decoded.
func (h header) cost() int {
	if h.kind == 'S' || h.kind == 'U' {
		return 16 + h.width
	}
	return 8
}

// items reads n items. Memory grows with what has been read, not with n.
func items[T any](name string, r io.Reader, h header, n int, one func([]byte) (T, error)) ([]T, error) {
	out := make([]T, 0, min(n, 1<<16))
	per := max(1, (64<<10)/max(1, h.width))
	buf := make([]byte, per*h.width)
	for len(out) < n {
		chunk := buf[:min(per, n-len(out))*h.width]
		if _, err := io.ReadFull(r, chunk); err != nil {
			return nil, torn(name, err, fmt.Sprintf("within the %d values its header promises", n))
		}
		for k := range min(per, n-len(out)) {
			v, err := one(chunk[k*h.width : (k+1)*h.width])
			if err != nil {
				return nil, fault.Invalidf("%v", err).At(fmt.Sprintf("row %d of %s", len(out), name)).Coded("npy_value")
			}
			out = append(out, v)
		}
	}
	return out, nil
}

// rowMajor turns what Fortran order stored by columns.
func rowMajor[T any](h header, v []T, rows, cols int) []T {
	if !h.fortran || len(v) == 0 || cols == 1 {
		return v
	}
	out := make([]T, len(v))
	for c := range cols {
		for r := range rows {
			out[r*cols+c] = v[c*rows+r]
		}
	}
	return out
}

// numberOf decodes an item that is not text.
func (h header) numberOf(b []byte) (float64, error) {
	switch h.kind {
	case 'f':
		switch h.width {
		case 2:
			return half(h.order.Uint16(b)), nil
		case 4:
			return float64(math.Float32frombits(h.order.Uint32(b))), nil
		}
		return math.Float64frombits(h.order.Uint64(b)), nil
	case 'i':
		return float64(h.signed(b)), nil
	case 'u':
		return float64(h.unsigned(b)), nil
	}
	if b[0] != 0 {
		return 1, nil
	}
	return 0, nil
}

func (h header) unsigned(b []byte) uint64 {
	switch h.width {
	case 1:
		return uint64(b[0])
	case 2:
		return uint64(h.order.Uint16(b))
	case 4:
		return uint64(h.order.Uint32(b))
	}
	return h.order.Uint64(b)
}

func (h header) signed(b []byte) int64 {
	unused := 64 - 8*h.width
	return int64(h.unsigned(b)<<unused) >> unused
}

// half is IEEE 754 binary16.
func half(b uint16) float64 {
	exponent, fraction := int(b>>10&0x1f), float64(b&0x3ff)
	v := 0.0
	switch exponent {
	case 0:
		v = math.Ldexp(fraction, -24)
	case 0x1f:
		if v = math.Inf(1); fraction != 0 {
			v = math.NaN()
		}
	default:
		v = math.Ldexp(1024+fraction, exponent-25)
	}
	if b&0x8000 != 0 {
		return -v
	}
	return v
}

// textOf decodes an item of text; numpy pads it with zeros.
func (h header) textOf(b []byte) (string, error) {
	if h.kind == 'S' {
		s := strings.TrimRight(string(b), "\x00")
		if !utf8.ValidString(s) {
			return "", fmt.Errorf("%q is no UTF-8", s)
		}
		return s, nil
	}
	var s strings.Builder
	for ; len(b) >= 4; b = b[4:] {
		r := h.order.Uint32(b)
		if r > utf8.MaxRune || !utf8.ValidRune(rune(r)) {
			return "", fmt.Errorf("%#x is no Unicode character", r)
		}
		s.WriteRune(rune(r))
	}
	return strings.TrimRight(s.String(), "\x00"), nil
}

// labelOf decodes an item that names something: text as it is, whole numbers in
// decimal and exactly.
func (h header) labelOf(b []byte) (string, error) {
	switch h.kind {
	case 'S', 'U':
		return h.textOf(b)
	case 'i':
		return strconv.FormatInt(h.signed(b), 10), nil
	case 'u':
		return strconv.FormatUint(h.unsigned(b), 10), nil
	}
	v, err := h.numberOf(b)
	if err != nil {
		return "", err
	}
	if v != math.Trunc(v) || math.Abs(v) > 1<<53 {
		return "", fmt.Errorf("%v is no whole number, so it can name no row", v)
	}
	return strconv.FormatInt(int64(v), 10), nil
}
