package spec

import (
	"strconv"
	"strings"

	"github.com/sweepd/sweepd/internal/fault"
)

// set carries out one "path=value". A path names keys with dots between, a
// stage by its name or its number from 0; the value is read as YAML.
func (p *parser) set(root *node, change string) *node {
	at := place{origin: "--set " + change}
	path, text, ok := strings.Cut(change, "=")
	if !ok || path == "" {
		p.fail(at, "for example --set budget.trials=5", "a change is path=value")
		return root
	}
	value, problems := readYAML([]byte(text), at.origin)
	for _, q := range problems {
		p.fail(at, q.Hint, "%s", q.Message)
	}
	if value == nil {
		return root
	}
	value.relocate(at)
	return p.put(root, path, value, at)
}

// relocate gives a freshly read tree one place.
func (n *node) relocate(at place) {
	n.at = at
	for _, item := range n.items {
		item.relocate(at)
	}
	for i := range n.fields {
		n.fields[i].at = at
		n.fields[i].value.relocate(at)
	}
}

// put is a copy of n in which the value at a path is another.
func (p *parser) put(n *node, path string, value *node, at place) *node {
	if path == "" {
		return value
	}
	if n == nil || n.kind != mapKind && n.kind != listKind {
		n = &node{kind: mapKind, at: at}
	}
	if n.kind == listKind {
		head, rest, _ := strings.Cut(path, ".")
		i := n.item(head)
		if i < 0 {
			p.fail(at, fault.DidYouMean(head, n.itemNames()), "there is no %s to change", head)
			return n
		}
		c := *n
		c.items = append([]*node(nil), n.items...)
		c.items[i] = p.put(n.items[i], rest, value, at)
		return &c
	}
	head, rest := n.step(path)
	return n.with(field{name: head, key: head, at: at, value: p.put(n.get(head), rest, value, at)})
}

// step is the key that a path begins with: the longest that is there, since
// names of parameters may have dots, else what stands before the first dot.
func (n *node) step(path string) (head, rest string) {
	for _, name := range n.names() {
		if (path == name || strings.HasPrefix(path, name+".")) && len(name) > len(head) {
			head = name
		}
	}
	if head == "" {
		head, rest, _ = strings.Cut(path, ".")
		return head, rest
	}
	return head, strings.TrimPrefix(path[len(head):], ".")
}

// item is the index of the item of a list that has a name or a number, -1 when
// there is none.
func (n *node) item(which string) int {
	for i, item := range n.items {
		if name := item.get("name"); name != nil && name.text == which {
			return i
		}
	}
	if i, err := strconv.Atoi(which); err == nil && i >= 0 && i < len(n.items) {
		return i
	}
	return -1
}

func (n *node) itemNames() []string {
	var out []string
	for _, item := range n.items {
		if name := item.get("name"); name != nil {
			out = append(out, name.text)
		}
	}
	return out
}
