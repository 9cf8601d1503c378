// Package blobtest says what a blob.Store must do.
package blobtest

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"
	"sync"
	"testing"
	"testing/iotest"

	"github.com/sweepd/sweepd/internal/blob"
	"github.com/sweepd/sweepd/internal/fault"
)

// Run holds a store to the contract of blob.Store. open gives an empty one.
func Run(t *testing.T, open func(t *testing.T) blob.Store) {
	for _, c := range []struct {
		name string
		test func(t *testing.T, s blob.Store)
	}{
		{"what is put is there", roundTrip},
		{"a put replaces", replace},
		{"a put that breaks leaves what was there", broken},
		{"lists are one level, by name", list},
		{"delete takes a tree", remove},
		{"ranges are read by seeking", seek},
		{"an object and others below it do not harm each other", below},
		{"puts at once", together},
		{"keys that climb are refused", climb},
		{"odd names are names", odd},
	} {
		t.Run(c.name, func(t *testing.T) { c.test(t, open(t)) })
	}
}

func put(t *testing.T, s blob.Store, key, body string) {
	t.Helper()
	if _, err := s.Put(t.Context(), key, strings.NewReader(body)); err != nil {
		t.Fatal(err)
	}
}

func get(t *testing.T, s blob.Store, key string) string {
	t.Helper()
	o, err := s.Open(t.Context(), key)
	if err != nil {
		return "error: " + string(fault.KindOf(err))
	}
	defer o.Close()
	b, err := io.ReadAll(o)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func names(t *testing.T, s blob.Store, key string) string {
	t.Helper()
	infos, err := s.List(t.Context(), key)
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	for _, i := range infos {
		if i.Folder {
			out = append(out, i.Key+"/")
			continue
		}
		out = append(out, fmt.Sprintf("%s:%d", i.Key, i.Size))
	}
	return strings.Join(out, " ")
}

func is(t *testing.T, got, want string) {
	t.Helper()
	if got != want {
		t.Errorf("got  %q\nwant %q", got, want)
	}
}

func roundTrip(t *testing.T, s blob.Store) {
	big := bytes.Repeat([]byte("0123456789abcdef"), 1<<16) // 1 MiB
	info, err := s.Put(t.Context(), "a//b/./c.bin", bytes.NewReader(big))
	if err != nil {
		t.Fatal(err)
	}
	if info.Key != "a/b/c.bin" || info.Size != 1<<20 || info.Name() != "c.bin" {
		t.Errorf("%+v", info)
	}
	if get(t, s, "a/b/c.bin") != string(big) {
		t.Error("other bytes came back")
	}
	put(t, s, "empty", "")
	is(t, get(t, s, "empty"), "")
	is(t, get(t, s, "nothing"), "error: not_found")
	is(t, get(t, s, "a/b"), "error: not_found")
}

func replace(t *testing.T, s blob.Store) {
	put(t, s, "a", "old and long")
	put(t, s, "a", "new")
	is(t, get(t, s, "a"), "new")
	is(t, names(t, s, ""), "a:3")
}

func broken(t *testing.T, s blob.Store) {
	put(t, s, "a", "old")
	torn := io.MultiReader(strings.NewReader("half of "), iotest.ErrReader(errors.New("torn")))
	if _, err := s.Put(t.Context(), "a", torn); err == nil {
		t.Error("a torn upload was taken")
	}
	is(t, get(t, s, "a"), "old")
	is(t, names(t, s, ""), "a:3")
}

func list(t *testing.T, s blob.Store) {
	for _, k := range []string{"r/b", "r/a/x", "r/a/y/z", "r/c", "ra"} {
		put(t, s, k, k)
	}
	is(t, names(t, s, ""), "r/ ra:2")
	is(t, names(t, s, "r"), "r/a/ r/b:3 r/c:3")
	is(t, names(t, s, "r/a"), "r/a/x:5 r/a/y/")
	is(t, names(t, s, "r/b"), "")
	is(t, names(t, s, "none/such"), "")
}

func remove(t *testing.T, s blob.Store) {
	for _, k := range []string{"r/a/x", "r/a/y/z", "r/ab", "s"} {
		put(t, s, k, k)
	}
	for _, k := range []string{"r/a", "s", "none/such"} {
		if err := s.Delete(t.Context(), k); err != nil {
			t.Error(err)
		}
	}
	is(t, names(t, s, ""), "r/")
	is(t, names(t, s, "r"), "r/ab:4")
	if err := s.Delete(t.Context(), ""); !fault.Is(err, fault.Invalid) {
		t.Errorf("deleting everything: %v", err)
	}
}

func seek(t *testing.T, s blob.Store) {
	put(t, s, "a", "0123456789")
	o, err := s.Open(t.Context(), "a")
	if err != nil {
		t.Fatal(err)
	}
	defer o.Close()
	if _, err := o.Seek(-4, io.SeekEnd); err != nil {
		t.Fatal(err)
	}
	b, err := io.ReadAll(o)
	if err != nil {
		t.Fatal(err)
	}
	is(t, string(b), "6789")
	if _, err := o.Seek(2, io.SeekStart); err != nil {
		t.Fatal(err)
	}
	two := make([]byte, 2)
	if _, err := io.ReadFull(o, two); err != nil {
		t.Fatal(err)
	}
	is(t, string(two), "23")
	if i := o.Info(); i.Size != 10 || i.Key != "a" || i.Modified.IsZero() {
		t.Errorf("%+v", i)
	}
}

func below(t *testing.T, s blob.Store) {
	put(t, s, "a", "1")
	put(t, s, "d/x", "1")
	for _, key := range []string{"a/b", "d"} {
		_, err := s.Put(t.Context(), key, strings.NewReader("2"))
		switch {
		case err == nil:
			is(t, get(t, s, key), "2")
		case !fault.Is(err, fault.Conflict):
			t.Errorf("%s: %v, want a conflict or nothing", key, err)
		}
	}
	is(t, get(t, s, "a"), "1")
	is(t, get(t, s, "d/x"), "1")
}

func together(t *testing.T, s blob.Store) {
	bodies := map[string]bool{}
	var wg sync.WaitGroup
	for i := range 16 {
		body := strings.Repeat(string(rune('a'+i)), 10000)
		bodies[body] = true
		wg.Go(func() {
			if _, err := s.Put(t.Context(), "same/key", strings.NewReader(body)); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if !bodies[get(t, s, "same/key")] {
		t.Error("two bodies in one object")
	}
}

func climb(t *testing.T, s blob.Store) {
	put(t, s, "a", "1")
	for _, key := range []string{
		"..", "../a", "a/../b", "/a", "/etc/passwd", `..\a`, `a\b`, `C:\a`, "C:/a", "a\x00b", "a\nb", "\xff", "",
		".sweepd-incoming/a", "a/.sweepd-x", strings.Repeat("x", 256), strings.Repeat("x/", 600),
	} {
		if _, err := s.Put(t.Context(), key, strings.NewReader("2")); !fault.Is(err, fault.Invalid) {
			t.Errorf("put %q: %v", key, err)
		}
		if o, err := s.Open(t.Context(), key); !fault.Is(err, fault.Invalid) {
			t.Errorf("open %q: %v %v", key, o, err)
		}
		if err := s.Delete(t.Context(), key); !fault.Is(err, fault.Invalid) {
			t.Errorf("delete %q: %v", key, err)
		}
		if _, err := s.List(t.Context(), key); key != "" && !fault.Is(err, fault.Invalid) {
			t.Errorf("list %q: %v", key, err)
		}
	}
	is(t, names(t, s, ""), "a:1")
}

func odd(t *testing.T, s blob.Store) {
	for _, key := range []string{"a b/ü.txt", "%2e%2e/x", "x#y?z=1", "...", ".hidden", "-", "'\"`$;|&"} {
		put(t, s, key, key)
		is(t, get(t, s, key), key)
	}
	is(t, names(t, s, "%2e%2e"), "%2e%2e/x:8")
}
