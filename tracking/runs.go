package tracking

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"

	"github.com/sweepd/sweepd/internal/fault"
)

// TagRunName always holds the run's Name.
const TagRunName = "mlflow.runName"

// TagParent names the parent of a nested run; nesting is this tag alone.
const TagParent = "mlflow.parentRunId"

func (c caller) CreateRun(ctx context.Context, n NewRun) (Run, error) {
	experiment, err := experimentID(n.Experiment)
	if err != nil {
		return Run{}, err
	}
	tags := lastOfEach(n.Tags)
	named := ""
	for i := range tags {
		if err := checkTag(fmt.Sprintf("tags[%d]", i), &tags[i]); err != nil {
			return Run{}, err
		}
		if tags[i].Key == TagRunName {
			named = tags[i].Value
		}
	}
	if n.Name != "" && named != "" && n.Name != named {
		return Run{}, fault.Invalidf("Both 'run_name' argument and 'mlflow.runName' tag are specified, but with different values (run_name='%s', mlflow.runName='%s').", n.Name, named)
	}
	id := c.runID(n.RequestKey)
	name := cut(MaxTagValue, n.Name)
	if name == "" {
		name = named
	}
	if name == "" {
		name = randomName(id)
	}
	return c.Store.CreateRun(ctx, c.by, Run{
		ID: id, Experiment: experiment, Name: name, User: n.User, Status: Running, Start: n.Start,
		Lifecycle: Active, Tags: lastOfEach(append(tags, Tag{TagRunName, name})),
	})
}

// runID is a new ID, or the one that belongs to the author's request key.
func (c caller) runID(requestKey string) string {
	if requestKey == "" {
		return c.NewID()
	}
	sum := sha256.Sum256(fmt.Appendf(nil, "%q %d %q", c.by.Owner, c.by.Attempt, requestKey))
	return hex.EncodeToString(sum[:16])
}

func (c caller) Run(ctx context.Context, id string) (Run, error) { return c.Store.Run(ctx, id) }

func (c caller) UpdateRun(ctx context.Context, id string, change RunChange) (Run, error) {
	if change.Name != nil {
		if *change.Name == "" {
			change.Name = nil
		} else {
			name := cut(MaxTagValue, *change.Name)
			change.Name = &name
		}
	}
	return c.Store.UpdateRun(ctx, c.by, id, change)
}

func (c caller) DeleteRun(ctx context.Context, id string) error {
	return c.Store.SetRunLifecycle(ctx, c.by, id, Deleted, c.millis())
}

func (c caller) RestoreRun(ctx context.Context, id string) error {
	return c.Store.SetRunLifecycle(ctx, c.by, id, Active, c.millis())
}
