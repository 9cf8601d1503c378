package spec

import (
	"bytes"
	"fmt"
	"unicode/utf8"

	"go.yaml.in/yaml/v3"

	"github.com/sweepd/sweepd/internal/fault"
)

// Bounds of a file, against mistakes and bombs.
const (
	maxSource = 32 << 20 // bytes
	aliased   = 200_000  // values that aliases may add to those written
	maxDepth  = 60       // maps and lists inside one another
)

// readTree reads YAML or JSON into a tree. JSON takes a reader of its own that
// minds its escapes and is many times faster; both give the same tree.
func readTree(source []byte, origin string) (*node, []fault.Problem) {
	if len(source) > maxSource {
		return nil, []fault.Problem{{Where: origin, Message: fmt.Sprintf("the file has %d bytes, more than %d", len(source), maxSource), Hint: "put long lists of points into a file of their own"}}
	}
	source = bytes.TrimPrefix(source, []byte("\xef\xbb\xbf"))
	if n, problems, ok := readJSON(source, origin); ok {
		return n, problems
	}
	return readYAML(source, origin)
}

// maxSize is where counting stops.
const maxSize = 1 << 40

// yamlReader turns the library's nodes into ours.
type yamlReader struct {
	origin   string
	source   []byte
	problems []fault.Problem
	anchors  map[*yaml.Node]*node // nil while the anchor's own value is being read
}

func readYAML(source []byte, origin string) (*node, []fault.Problem) {
	if !utf8.Valid(source) {
		return nil, []fault.Problem{{Where: origin, Message: "the file is not UTF-8 text"}}
	}
	var doc, second yaml.Node
	dec := yaml.NewDecoder(bytes.NewReader(source))
	if err := decode(dec, &doc); err != nil {
		return nil, []fault.Problem{syntax(err, source, origin)}
	}
	r := &yamlReader{origin: origin, source: source, anchors: map[*yaml.Node]*node{}}
	if doc.Kind == 0 || len(doc.Content) == 0 {
		return &node{at: place{origin: origin, line: 1, column: 1}}, nil
	}
	n := r.node(doc.Content[0], 0)
	if decode(dec, &second) == nil && second.Kind != 0 {
		r.fail(&second, "put each sweep into a file of its own", "a second document begins here")
	}
	if n.size > len(source)+aliased {
		r.fail(doc.Content[0], "", "with its aliases written out the file has more than %d values", len(source)+aliased)
		return nil, r.problems // reading on would take as long as writing them out
	}
	return n, r.problems
}

// decode reads the next document; what panics in the library is an error.
func decode(dec *yaml.Decoder, into *yaml.Node) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("%v", p)
		}
	}()
	if err = dec.Decode(into); err != nil && err.Error() == "EOF" {
		return nil
	}
	return err
}

func (r *yamlReader) fail(y *yaml.Node, hint, format string, args ...any) {
	at := r.place(y)
	r.problems = append(r.problems, fault.Problem{Where: at.String(), Message: fmt.Sprintf(format, args...), Hint: hint, Line: at.line, Column: at.column})
}

func (r *yamlReader) place(y *yaml.Node) place {
	return place{origin: r.origin, line: y.Line, column: y.Column}
}

func (r *yamlReader) node(y *yaml.Node, depth int) *node {
	n := &node{at: r.place(y), size: 1}
	if depth > maxDepth {
		r.fail(y, "", "more than %d maps and lists inside one another", maxDepth)
		return n
	}
	if y.Kind != yaml.AliasNode && y.Anchor != "" {
		r.anchors[y] = nil
		defer func() { r.anchors[y] = n }()
	}
	switch y.Kind {
	case yaml.AliasNode:
		target, known := r.anchors[y.Alias]
		if !known || target == nil {
			r.fail(y, "", "*%s is used inside its own value", y.Value)
			return n
		}
		return target
	case yaml.ScalarNode:
		r.scalar(y, n)
	case yaml.SequenceNode:
		n.kind, n.flow = listKind, y.Style&yaml.FlowStyle != 0
		for _, item := range y.Content {
			n.items = append(n.items, r.node(item, depth+1))
			n.size = min(n.size+n.items[len(n.items)-1].size, maxSize)
		}
	case yaml.MappingNode:
		n.kind, n.flow = mapKind, y.Style&yaml.FlowStyle != 0
		r.fields(y, n, depth)
	}
	return n
}

func (r *yamlReader) scalar(y *yaml.Node, n *node) {
	n.text = y.Value
	n.plain = y.Style&(yaml.SingleQuotedStyle|yaml.DoubleQuotedStyle|yaml.LiteralStyle|yaml.FoldedStyle) == 0
	n.comment = y.LineComment != ""
	n.kind, n.value = stringKind, any(y.Value)
	if y.Style&yaml.TaggedStyle == 0 {
		if n.plain {
			n.kind, n.value = scalar(y.Value)
		}
		return
	}
	k, v := scalar(y.Value)
	switch tag := y.ShortTag(); {
	case tag == "!!str":
	case tag == "!!float" && k == intKind:
		n.kind, n.value = floatKind, float64(v.(int64))
	case tag == "!!int" && k == intKind, tag == "!!float" && k == floatKind, tag == "!!bool" && k == boolKind, tag == "!!null" && k == nullKind:
		n.kind, n.value = k, v
	default:
		r.fail(y, "leave the tag out", "%s does not make a value of %q", tag, y.Value)
	}
}

func (r *yamlReader) fields(y *yaml.Node, n *node, depth int) {
	var merged []*node
	seen := map[string]int{}
	for i := 0; i+1 < len(y.Content); i += 2 {
		k, v := y.Content[i], y.Content[i+1]
		if k.Kind == yaml.ScalarNode && k.Tag == "!!merge" {
			merged = append(merged, r.sources(v, depth)...)
			continue
		}
		key := r.node(k, depth+1)
		if key.kind == listKind || key.kind == mapKind {
			r.fail(k, "quote it if it is text", "a key is text or a number, not %s", key.kind)
			continue
		}
		f := field{name: key.text, key: key.plainValue(), at: key.at, value: r.node(v, depth+1)}
		f.bare = n.flow && v.Kind == yaml.ScalarNode && v.Tag == "!!null" && v.Value == "" && !followedByColon(r.source, k)
		if line, twice := seen[key.text]; twice && !f.bare {
			r.fail(k, "", "%s is given twice, first in line %d", key.text, line)
			continue
		}
		seen[key.text] = k.Line
		n.fields = append(n.fields, f)
		n.size = min(n.size+f.value.size+1, maxSize)
	}
	for _, m := range merged {
		for _, f := range m.fields {
			if _, there := seen[f.name]; !there {
				seen[f.name] = f.at.line
				n.fields = append(n.fields, f)
				n.size = min(n.size+f.value.size+1, maxSize)
			}
		}
	}
}

// sources are the maps that a merge key names.
func (r *yamlReader) sources(y *yaml.Node, depth int) []*node {
	v := r.node(y, depth+1)
	list := []*node{v}
	if v.kind == listKind {
		list = v.items
	}
	for _, m := range list {
		if m.kind != mapKind {
			r.fail(y, "", "<< takes a map or a list of maps, not %s", m.kind)
			return nil
		}
	}
	return list
}

// followedByColon tells whether a key without a value has its colon.
func followedByColon(source []byte, k *yaml.Node) bool {
	rest := source
	for range k.Line - 1 {
		i := bytes.IndexByte(rest, '\n')
		if i < 0 {
			return false
		}
		rest = rest[i+1:]
	}
	for range k.Column - 1 {
		_, w := utf8.DecodeRune(rest)
		rest = rest[w:]
	}
	if k.Style&(yaml.SingleQuotedStyle|yaml.DoubleQuotedStyle) != 0 {
		if len(rest) > 0 {
			rest = rest[1:]
		}
		if i := bytes.IndexAny(rest, `'"`); i >= 0 {
			rest = rest[i+1:]
		}
	} else {
		rest = rest[min(len(k.Value), len(rest)):]
	}
	return bytes.HasPrefix(bytes.TrimLeft(rest, " \t\r\n"), []byte(":"))
}
