package preds

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"

	"github.com/sweepd/sweepd/internal/fault"
)

// header is what an npy file says of its array (numpy.lib.format, versions 1.0,
// 2.0 and 3.0).
type header struct {
	order   binary.ByteOrder
	kind    byte // 'f', 'i', 'u', 'b', 'S' or 'U', as numpy's dtype.kind
	width   int  // bytes of one item
	shape   []int
	fortran bool // columns are stored one after the other
	length  int  // bytes before the data
}

const (
	npyMagic  = "\x93NUMPY"
	maxHeader = 64 << 10 // numpy itself reads no more than 10,000 bytes of header
	maxWidth  = 64 << 10 // bytes of one text item
)

// readHeader reads up to the first byte of the data.
func readHeader(name string, r io.Reader) (header, error) {
	var start [10]byte
	if _, err := io.ReadFull(r, start[:]); err != nil {
		return header{}, torn(name, err, "before its header")
	}
	if string(start[:6]) != npyMagic {
		return header{}, fault.Invalidf("this is no npy array, it begins with %q", start[:6]).At(name).Coded("npy_header").
			Fix("write it with numpy.save or the client's log_predictions")
	}
	length, read := int(binary.LittleEndian.Uint16(start[8:])), len(start)
	switch major := start[6]; major {
	case 1:
	case 2, 3:
		var high [2]byte
		if _, err := io.ReadFull(r, high[:]); err != nil {
			return header{}, torn(name, err, "in its header")
		}
		length |= int(binary.LittleEndian.Uint16(high[:])) << 16
		read += 2
	default:
		return header{}, fault.Invalidf("version %d of the npy format is not known", major).At(name).Coded("npy_header").Fix("write version 1, 2 or 3")
	}
	if length > maxHeader {
		return header{}, fault.Invalidf("the npy header says it has %d bytes", length).At(name).Coded("npy_header").Fix("the file is damaged; write it again")
	}
	text := make([]byte, length)
	if _, err := io.ReadFull(r, text); err != nil {
		return header{}, torn(name, err, "in its header")
	}
	h, err := parseHeader(text)
	if err != nil {
		if f := fault.Of(err); f != nil {
			return header{}, f.At(name)
		}
		return header{}, fault.Invalidf("the npy header cannot be read: %v", err).At(name).Coded("npy_header").Fix("the file is damaged; write it again")
	}
	h.length = read + length
	return h, nil
}

// parseHeader reads the Python dict literal
// {'descr': '<f8', 'fortran_order': False, 'shape': (3, 4), }.
func parseHeader(text []byte) (header, error) {
	p := literal{rest: bytes.TrimSpace(text)}
	h, seen := header{}, map[string]bool{}
	if err := p.expect('{'); err != nil {
		return h, err
	}
	for !p.take('}') {
		key, err := p.text()
		if err == nil {
			err = p.expect(':')
		}
		if err != nil {
			return h, err
		}
		switch key {
		case "descr":
			err = p.descr(&h)
		case "fortran_order":
			h.fortran, err = p.bool()
		case "shape":
			h.shape, err = p.shape()
		default:
			err = fmt.Errorf("unknown key %q", key)
		}
		if err != nil {
			return h, err
		}
		seen[key] = true
		if !p.take(',') {
			if err := p.expect('}'); err != nil {
				return h, err
			}
			break
		}
	}
	if len(seen) != 3 {
		return h, errors.New("it lacks one of descr, fortran_order and shape")
	}
	return h, nil
}

// literal reads the few Python literals that a header is made of.
type literal struct{ rest []byte }

func (p *literal) skip() { p.rest = bytes.TrimLeft(p.rest, " \t\n") }

func (p *literal) take(b byte) bool {
	p.skip()
	if len(p.rest) == 0 || p.rest[0] != b {
		return false
	}
	p.rest = p.rest[1:]
	return true
}

func (p *literal) expect(b byte) error {
	if !p.take(b) {
		return fmt.Errorf("want %q at %.20q", b, p.rest)
	}
	return nil
}

func (p *literal) text() (string, error) {
	quote := byte('\'')
	if !p.take(quote) {
		quote = '"'
		if !p.take(quote) {
			return "", fmt.Errorf("want a string at %.20q", p.rest)
		}
	}
	s, rest, ok := bytes.Cut(p.rest, []byte{quote})
	if !ok {
		return "", errors.New("a string does not end")
	}
	p.rest = rest
	return string(s), nil
}

func (p *literal) bool() (bool, error) {
	p.skip()
	for word, value := range map[string]bool{"True": true, "False": false} {
		if rest, ok := bytes.CutPrefix(p.rest, []byte(word)); ok {
			p.rest = rest
			return value, nil
		}
	}
	return false, fmt.Errorf("want True or False at %.20q", p.rest)
}

func (p *literal) shape() ([]int, error) {
	if err := p.expect('('); err != nil {
		return nil, err
	}
	shape := []int{}
	for !p.take(')') {
		end := bytes.IndexAny(p.rest, ",)")
		if end < 0 {
			return nil, errors.New("the shape does not end")
		}
		n, err := strconv.Atoi(strings.TrimSpace(string(p.rest[:end])))
		if err != nil || n < 0 {
			return nil, fmt.Errorf("%q is no dimension", p.rest[:end])
		}
		shape = append(shape, n)
		p.rest = p.rest[end:]
		if !p.take(',') {
			if err := p.expect(')'); err != nil {
				return nil, err
			}
			break
		}
	}
	return shape, nil
}

// descr reads the item type into h.
func (p *literal) descr(h *header) error {
	if p.skip(); bytes.HasPrefix(p.rest, []byte("[")) {
		return fault.Invalidf("the array has named fields").Coded("npy_type").Fix("write a plain matrix of numbers, and ids as an array of their own in an npz")
	}
	d, err := p.text()
	if err != nil {
		return err
	}
	if len(d) < 2 {
		return fmt.Errorf("%q is no item type", d)
	}
	h.order = binary.LittleEndian
	switch d[0] {
	case '>':
		h.order = binary.BigEndian
	case '<', '|', '=':
	default:
		return fmt.Errorf("%q is no item type", d)
	}
	if h.kind = d[1]; h.kind == 'O' {
		return fault.Invalidf("the array holds pickled Python objects, which are never opened").Coded("npy_pickled").
			Fix("convert it first: numpy.asarray(x, dtype=float), and ids with .astype(str)")
	}
	h.width, err = strconv.Atoi(d[2:])
	if h.kind == 'U' {
		h.width *= 4
	}
	if err != nil || !h.readable() {
		return fault.Invalidf("items of type %q cannot be read", d).Coded("npy_type").Fix("write float32, float64, integers or text")
	}
	return nil
}

// readable tells whether items of h's kind and width are known.
func (h header) readable() bool {
	switch h.kind {
	case 'f':
		return h.width == 2 || h.width == 4 || h.width == 8
	case 'i', 'u':
		return h.width == 1 || h.width == 2 || h.width == 4 || h.width == 8
	case 'b':
		return h.width == 1
	case 'S', 'U':
		return h.width >= 1 && h.width <= maxWidth
	}
	return false
}

// torn says that a file ends too early; other errors of reading are passed on.
func torn(name string, err error, where string) error {
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return fault.Invalidf("the file ends %s", where).At(name).Coded("truncated").
			Fix("write it under another name and rename it when it is complete")
	}
	return fmt.Errorf("read %s: %w", name, err)
}
