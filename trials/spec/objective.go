package spec

import (
	"regexp"
	"strconv"
	"strings"
)

var (
	reduceText = regexp.MustCompile(`^mean_last:([1-9][0-9]{0,5})$`)
	soundsHigh = regexp.MustCompile(`(?i)(^|[^a-z])(acc|accuracy|auc|auroc|f1|r2|recall|precision|map|bleu|iou|dice|reward|score)([^a-z]|$)`)
)

// readObjective reads what makes one trial better than another.
func (p *parser) readObjective(n *node) Objective {
	out := Objective{Goal: Minimize, Reduce: "best"}
	if n == nil || n.kind == nullKind {
		return out
	}
	if n.kind == stringKind {
		p.fail(n.at, "write {metric: "+n.text+", goal: minimize}", "objective is a map, not text")
		return out
	}
	o := p.object(n, "objective", objectiveKeys)
	o.text("metric", &out.Metric)
	if out.Metric == "" && n.kind == mapKind && !p.meant["metric"] {
		p.fail(n.at, "metric: is the key that the script logs, for example val_loss", "the objective has no metric")
	}
	goal := string(out.Goal)
	o.oneOf("goal", &goal, string(Minimize), string(Maximize))
	out.Goal = Goal(goal)
	if !o.has("goal") && soundsHigh.MatchString(out.Metric) {
		p.warn(n.at, "write goal: maximize if more is better", "the goal is minimize unless said, and %s sounds like something to maximise", out.Metric)
	}
	o.text("reduce", &out.Reduce)
	switch m := reduceText.FindStringSubmatch(out.Reduce); {
	case m != nil:
		out.LastK, _ = strconv.Atoi(m[1])
	case out.Reduce != "best" && out.Reduce != "last":
		p.fail(n.get("reduce").at, "one of: best, last, mean_last:5", "objective.reduce cannot be %q", out.Reduce)
	}
	return out
}

// objective is the sweep's own: the top level's, else that of the only stage
// that has one.
func (b *builder) objective() Objective {
	if b.root.has("objective") {
		return b.readObjective(b.root.get("objective"))
	}
	for _, s := range b.spec.Stages {
		if s.Objective.Metric != "" {
			return s.Objective
		}
	}
	return Objective{Goal: Minimize, Reduce: "best"}
}

// needsObjective reports search stages that cannot tell good from bad.
func (b *builder) needsObjective() {
	for i, s := range b.spec.Stages {
		n := b.parts[i].n
		if s.Kind != SearchStage || s.Objective.Metric != "" || n.has("objective") || b.meant["objective"] {
			continue
		}
		if s.Points == nil && !n.has("points") {
			b.fail(b.parts[i].at, "for example objective: {metric: val_loss, goal: minimize}", "%s has no objective", strings.TrimSpace("stage "+s.Name))
		} else if s.EarlyStop != nil {
			b.fail(n.placeOf("early_stop"), "give an objective", "early stopping needs an objective to judge by")
		}
	}
}
