package spec

import (
	"fmt"
	"strings"
)

// isWandb tells whether a file is a sweep of Weights & Biases.
func isWandb(root *node) bool {
	return root.kind == mapKind && root.get("parameters") != nil && root.get("space") == nil &&
		(root.get("method") != nil || root.get("program") != nil)
}

// wandb says how such a file is written here.
func (p *parser) wandb(root *node) {
	hint := []string{"command: [python, train.py]"}
	if program := root.get("program"); program != nil && program.text != "" {
		hint[0] = fmt.Sprintf("command: [python, %s]", program.text)
	}
	if metric := root.get("metric").get("name"); metric != nil {
		hint = append(hint, "objective: {metric: "+metric.text+"}")
	}
	for _, f := range root.get("parameters").fields {
		if s := f.value.native(); s != "" {
			hint = append(hint, fmt.Sprintf("space: {%s: %s}", f.name, s))
			break
		}
	}
	hint = append(hint, "budget: {trials: 40}")
	p.fail(root.at, "write "+strings.Join(hint, "; "), "this is a sweep file of Weights & Biases; converting one is not supported yet")
}

// native is a parameter of such a file as it is written here, "" when in doubt.
func (n *node) native() string {
	if v := n.get("values"); v != nil && v.kind == listKind {
		var words []string
		for _, item := range v.items {
			words = append(words, item.text)
		}
		return "[" + strings.Join(words, ", ") + "]"
	}
	low, high := n.get("min"), n.get("max")
	if low == nil || high == nil {
		return ""
	}
	kind := "uniform"
	if d := n.get("distribution"); d != nil && strings.Contains(d.text, "log") {
		kind = "log"
	} else if low.kind == intKind && high.kind == intKind {
		kind = "int"
	}
	return fmt.Sprintf("{%s: [%s, %s]}", kind, low.text, high.text)
}
