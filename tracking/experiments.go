package tracking

import (
	"context"
	"net/url"
	"path"
	"slices"
	"strings"

	"github.com/sweepd/sweepd/internal/fault"
)

func (c caller) CreateExperiment(ctx context.Context, e NewExperiment) (string, error) {
	if err := checkExperimentName(e.Name); err != nil {
		return "", err
	}
	if err := checkLocation(e.ArtifactLocation); err != nil {
		return "", err
	}
	for _, t := range e.Tags {
		if err := checkExperimentTag(t); err != nil {
			return "", err
		}
	}
	now := c.millis()
	made, err := c.Store.CreateExperiment(ctx, Experiment{
		Name: e.Name, ArtifactLocation: e.ArtifactLocation, Lifecycle: Active,
		Created: now, Updated: now, Tags: lastOfEach(e.Tags),
	})
	return made.ID, err
}

// checkLocation checks where a client wants the artifacts of an experiment.
// Locations that only clients reach (s3:, gs:, a path) are theirs to get right;
// the server never opens them.
func checkLocation(location string) error {
	if location == "" {
		return nil
	}
	u, err := url.Parse(location)
	if err != nil {
		return fault.Invalidf("'artifact_location' is no URL: %s", location)
	}
	if strings.ContainsAny(location, "#;") {
		return fault.Invalidf("'artifact_location' URL can't include fragments or params.")
	}
	if query, err := url.PathUnescape(u.RawQuery); err != nil || strings.Contains(query, "..") {
		return fault.Invalidf("Invalid query string: %s", u.RawQuery)
	}
	if strings.HasPrefix(location, "runs:") {
		return fault.Invalidf("Artifact location cannot be a runs:/ URI. Given: '%s'", location)
	}
	if u.Scheme == "mlflow-artifacts" && (u.RawQuery != "" || strings.ContainsAny(u.Path, "%\\") || path.Clean("/"+u.Path) != "/"+strings.Trim(u.Path, "/")) {
		return fault.Invalidf("Invalid artifact location: '%s'", location).Fix("a plain path without '..': mlflow-artifacts:/team/a")
	}
	if len(location) > MaxArtifactLocation {
		return fault.Invalidf("Invalid artifact path length. The length of the artifact path cannot be greater than %d characters.", MaxArtifactLocation)
	}
	return nil
}

func (c caller) Experiment(ctx context.Context, id string) (Experiment, error) {
	id, err := experimentID(id)
	if err != nil {
		return Experiment{}, err
	}
	return c.Store.Experiment(ctx, id)
}

func (c caller) ExperimentByName(ctx context.Context, name string) (Experiment, error) {
	return c.Store.ExperimentByName(ctx, name)
}

func (c caller) RenameExperiment(ctx context.Context, id, name string) error {
	if err := checkExperimentName(name); err != nil {
		return err
	}
	id, err := experimentID(id)
	if err != nil {
		return err
	}
	return c.Store.RenameExperiment(ctx, id, name, c.millis())
}

func (c caller) DeleteExperiment(ctx context.Context, id string) error {
	return c.setExperimentLifecycle(ctx, id, Deleted)
}

func (c caller) RestoreExperiment(ctx context.Context, id string) error {
	return c.setExperimentLifecycle(ctx, id, Active)
}

func (c caller) setExperimentLifecycle(ctx context.Context, id string, to Lifecycle) error {
	id, err := experimentID(id)
	if err != nil {
		return err
	}
	return c.Store.SetExperimentLifecycle(ctx, id, to, c.millis())
}

func (c caller) SetExperimentTag(ctx context.Context, id string, t Tag) error {
	if err := checkExperimentTag(t); err != nil {
		return err
	}
	id, err := experimentID(id)
	if err != nil {
		return err
	}
	return c.Store.SetExperimentTag(ctx, id, t)
}

func (c caller) DeleteExperimentTag(ctx context.Context, id, key string) error {
	id, err := experimentID(id)
	if err != nil {
		return err
	}
	return c.Store.DeleteExperimentTag(ctx, id, key)
}

// lastOfEach keeps the last tag of each key, in the order of their first.
func lastOfEach(tags []Tag) []Tag {
	var out []Tag
	for _, t := range tags {
		if i := slices.IndexFunc(out, func(o Tag) bool { return o.Key == t.Key }); i >= 0 {
			out[i] = t
			continue
		}
		out = append(out, t)
	}
	return out
}
