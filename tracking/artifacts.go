package tracking

import (
	"context"
	"strconv"
	"strings"

	"github.com/sweepd/sweepd/internal/fault"
)

// ArtifactOwners gives the IDs of the runs and models that a path below the
// artifact root may lie in: every name that is followed by "artifacts". Some of
// them may be neither.
func ArtifactOwners(path string) []string {
	var out []string
	parts := strings.Split(path, "/")
	for i := 1; i < len(parts); i++ {
		if parts[i] == "artifacts" {
			out = append(out, parts[i-1])
		}
	}
	return out
}

// MayReadArtifact lets everyone read.
func (c caller) MayReadArtifact(context.Context, string) error { return nil }

// MayWriteArtifact holds files of a run or model to the rule for its other
// writes. A file outside all of them is an ordinary client's to write, not an
// attempt's, but not in the place of a folder that holds them.
func (c caller) MayWriteArtifact(ctx context.Context, path string) error {
	inside := false
	for _, id := range ArtifactOwners(path) {
		may := c.Store.MayWrite
		if IsModelID(id) {
			may = c.Store.MayWriteModel
		}
		err := may(ctx, c.by, id)
		if fault.Is(err, fault.NotFound) {
			continue
		}
		if err != nil {
			return err
		}
		inside = true
	}
	if inside {
		return nil
	}
	if !c.by.Ordinary() {
		return fault.Deniedf("%s lies in no run or model of trial %s", path, c.by.Owner).
			Fix("write below the artifact_uri of the trial's run, or of a model that it has made")
	}
	held, err := c.holds(ctx, path)
	if err == nil && held {
		err = fault.Invalidf("'%s' is the folder of an experiment, a run or a model, not a file", path).
			Fix("write below the artifact_uri of a run")
	}
	return err
}

// holds tells whether a path is that of a folder which holds runs or models, or
// the files of one, as the server lays them out: EXPERIMENT, EXPERIMENT/models,
// and what ends in the ID of a run or model.
func (c caller) holds(ctx context.Context, path string) (bool, error) {
	dir, last, below := cutLast(path)
	if _, err := strconv.ParseInt(dir, 10, 64); err == nil && (!below || last == "models") {
		return true, nil
	}
	may := c.Store.MayWrite
	if IsModelID(last) {
		may = c.Store.MayWriteModel
	}
	err := may(ctx, c.by, last)
	switch fault.KindOf(err) {
	case fault.NotFound:
		return false, nil
	case "", fault.Denied, fault.Stale:
		return true, nil
	}
	return false, err
}

// cutLast parts a path from its last name; a single name is both.
func cutLast(path string) (dir, last string, below bool) {
	i := strings.LastIndexByte(path, '/')
	if i < 0 {
		return path, path, false
	}
	return path[:i], path[i+1:], true
}

// ArtifactPath is where an artifact URI lies below the artifact root; false for
// a URI that the server does not serve, whose files are their clients' business.
func ArtifactPath(uri string) (path string, served bool) {
	rest, ok := strings.CutPrefix(uri, "mlflow-artifacts:")
	if !ok {
		return "", false
	}
	if host, ok := strings.CutPrefix(rest, "//"); ok {
		_, rest, _ = strings.Cut(host, "/")
	}
	return strings.Trim(rest, "/"), true
}
