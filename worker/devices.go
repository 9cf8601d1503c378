package worker

import (
	"context"
	"encoding/csv"
	"errors"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/sweepd/sweepd/internal/fault"
	"github.com/sweepd/sweepd/trials"
)

// deviceQuery are the columns asked of nvidia-smi, in this order.
const deviceQuery = "index,uuid,name,memory.total,mig.mode.current"

// findDevices lists the GPUs that a worker gives to trials. which is "" or
// "auto" for all there are, "none", how many, or their indices and uuids with
// commas between them. visible is the worker's own CUDA_VISIBLE_DEVICES, nil when
// it is not set: what an engine or a user gave it is all that "auto" takes. A
// machine without nvidia-smi has none.
func findDevices(which string, visible *string) ([]trials.Device, error) {
	if which == "none" || which == "0" {
		return nil, nil
	}
	inherited := (which == "" || which == "auto") && visible != nil
	if inherited {
		which = strings.TrimSpace(*visible)
		if which == "" || which == "-1" || which == "NoDevFiles" {
			return nil, nil
		}
		which += "," // a list, not a number of them
	}
	all, err := queryDevices()
	if err != nil {
		return nil, err
	}
	chosen, err := chooseDevices(all, which)
	if e := fault.Of(err); e != nil && inherited {
		return nil, e.At("CUDA_VISIBLE_DEVICES of the worker")
	}
	return chosen, err
}

func queryDevices() ([]trials.Device, error) {
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	text, err := exec.CommandContext(ctx, "nvidia-smi", "--query-gpu="+deviceQuery, "--format=csv,noheader,nounits").Output()
	if errors.Is(err, exec.ErrNotFound) {
		return nil, nil
	}
	if strings.Contains(string(text), "No devices were found") {
		return nil, nil
	}
	if err != nil {
		return nil, fault.Unavailablef("nvidia-smi does not list the GPUs: %s", clean(firstLine(string(text)))).Because(err).
			Fix("run nvidia-smi by hand; --gpus none goes without")
	}
	all, mig, err := parseDevices(string(text))
	if err != nil || len(mig) == 0 {
		return all, err
	}
	list, err := exec.CommandContext(ctx, "nvidia-smi", "-L").Output()
	if err != nil {
		return nil, fault.Unavailablef("ask nvidia-smi for the MIG instances").Because(err)
	}
	return parseInstances(string(list), all, mig), nil
}

// parseDevices reads the answer to deviceQuery. mig are the UUIDs of GPUs that are
// split into instances.
func parseDevices(text string) (devices []trials.Device, mig []string, err error) {
	r := csv.NewReader(strings.NewReader(text))
	r.TrimLeadingSpace, r.FieldsPerRecord = true, -1
	rows, err := r.ReadAll()
	if err != nil {
		return nil, nil, fault.Invalidf("read the answer of nvidia-smi").Because(err)
	}
	for _, row := range rows {
		if len(row) < 4 {
			return nil, nil, fault.Invalidf("nvidia-smi answered %q instead of %s", strings.Join(row, ", "), deviceQuery)
		}
		index, err := strconv.Atoi(strings.TrimSpace(row[0]))
		if err != nil {
			return nil, nil, fault.Invalidf("nvidia-smi answered %q instead of %s", strings.Join(row, ", "), deviceQuery)
		}
		memory, _ := strconv.ParseInt(strings.TrimSpace(row[3]), 10, 64) // "[N/A]" on shared memory: unknown is 0
		split := len(row) > 4 && strings.TrimSpace(row[4]) == "Enabled"
		devices = append(devices, trials.Device{Index: index, UUID: strings.TrimSpace(row[1]), Name: strings.TrimSpace(row[2]), Memory: memory << 20})
		if split {
			mig = append(mig, strings.TrimSpace(row[1]))
		}
	}
	return devices, mig, nil
}

// parseInstances reads `nvidia-smi -L` and puts the MIG instances of a split
// GPU in its place: each is a device of its own. One without instances runs
// nothing.
func parseInstances(text string, whole []trials.Device, mig []string) []trials.Device {
	var out []trials.Device
	var parent *trials.Device
	split := map[string][]trials.Device{}
	for line := range strings.Lines(text) {
		_, rest, ok := strings.Cut(line, "UUID: ")
		if !ok {
			continue
		}
		uuid := strings.TrimRight(strings.TrimSpace(rest), ")")
		if strings.HasPrefix(line, "GPU ") {
			if i := slices.IndexFunc(whole, func(d trials.Device) bool { return d.UUID == uuid }); i >= 0 {
				parent = &whole[i]
			}
		} else if parent != nil {
			profile := strings.Join(strings.Fields(strings.Split(line, "Device")[0]), " ")
			split[parent.UUID] = append(split[parent.UUID], trials.Device{UUID: uuid, Index: parent.Index, Name: parent.Name + " " + profile})
		}
	}
	for _, d := range whole {
		if parts := split[d.UUID]; len(parts) > 0 {
			out = append(out, parts...)
		} else if !slices.Contains(mig, d.UUID) {
			out = append(out, d)
		}
	}
	return out
}

// chooseDevices takes those that which names.
func chooseDevices(all []trials.Device, which string) ([]trials.Device, error) {
	if which == "" || which == "auto" {
		return all, nil
	}
	if n, err := strconv.Atoi(which); err == nil {
		if n < 0 || n > len(all) {
			return nil, fault.Invalidf("--gpus %d: this machine has %d", n, len(all)).Coded("gpus")
		}
		return all[:n], nil
	}
	var out []trials.Device
	for name := range strings.SplitSeq(strings.TrimSuffix(which, ","), ",") {
		name = strings.TrimSpace(name)
		i := slices.IndexFunc(all, func(d trials.Device) bool { return d.UUID == name || strconv.Itoa(d.Index) == name })
		if i < 0 {
			var names []string
			for _, d := range all {
				names = append(names, d.UUID)
			}
			return nil, fault.Invalidf("--gpus: there is no GPU %s here", name).Coded("gpus").Fix("%s", fault.DidYouMean(name, names))
		}
		if slices.ContainsFunc(out, func(d trials.Device) bool { return d.UUID == all[i].UUID }) {
			return nil, fault.Invalidf("--gpus: %s is named twice", name).Coded("gpus").Fix("one trial has a GPU at a time")
		}
		out = append(out, all[i])
	}
	return out, nil
}
