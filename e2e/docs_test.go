package e2e_test

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// block is a fenced example of a page.
type block struct {
	page string // path below the root
	line int    // of its first line
	lang string // "" when the fence says nothing
	text string
}

func (b block) String() string { return fmt.Sprintf("%s:%d", b.page, b.line) }

// pages are the pages a user reads.
func pages(t *testing.T) []string {
	t.Helper()
	var out []string
	for _, pattern := range []string{"*.md", "docs/*.md", "clients/*/README.md", "examples/*/README.md"} {
		found, err := filepath.Glob("../" + pattern)
		if err != nil || len(found) == 0 {
			t.Fatalf("no page is %s (%v)", pattern, err)
		}
		out = append(out, found...)
	}
	return out
}

// read gives a page with its path below the root.
func read(t *testing.T, page string) (name, text string) {
	t.Helper()
	b, err := os.ReadFile(page)
	if err != nil {
		t.Fatal(err)
	}
	return strings.TrimPrefix(page, "../"), string(b)
}

var fence = regexp.MustCompile("(?ms)^( *)```([a-z]*)\n(.*?)^ *```$")

// blocks are the fenced examples of a page, those that are indented moved to the
// left.
func blocks(t *testing.T, page string) []block {
	t.Helper()
	name, text := read(t, page)
	var out []block
	for _, m := range fence.FindAllStringSubmatchIndex(text, -1) {
		indent := text[m[2]:m[3]]
		body := strings.TrimPrefix(strings.ReplaceAll("\n"+text[m[6]:m[7]], "\n"+indent, "\n"), "\n")
		out = append(out, block{name, 1 + strings.Count(text[:m[6]], "\n"), text[m[4]:m[5]], body})
	}
	return out
}

// TestEverySweepFileOfTheDocsIsAccepted leaves out docs/sweep-file.md, whose
// fragments are completed and parsed by a test of trials/spec.
func TestEverySweepFileOfTheDocsIsAccepted(t *testing.T) {
	dir := t.TempDir()
	for _, script := range []string{"train.py", "model.py", "main.py"} {
		write(t, dir, script, "def fit(**params): ...\n")
	}
	n := 0
	for _, page := range pages(t) {
		for _, b := range blocks(t, page) {
			if b.lang != "yaml" || b.page == "docs/sweep-file.md" {
				continue
			}
			n++
			if out, code := sweepd(t, "check", write(t, dir, "sweep.yaml", b.text)); code != 0 {
				t.Errorf("%s: exit %d\n%s%s", b, code, b.text, out)
			}
		}
	}
	if n < 2 {
		t.Errorf("%d sweep files; the README alone has one", n)
	}
}

func TestEveryCommandOfTheDocsIsOne(t *testing.T) {
	n := 0
	seen := map[string]bool{}
	for _, page := range pages(t) {
		for _, c := range commands(t, page) {
			n++
			key := strings.Join(c.args, " ")
			if seen[key] {
				continue
			}
			seen[key] = true
			// Help is printed only when every word before it was understood.
			if out, code := sweepd(t, append(c.args, "--help")...); code != 0 {
				t.Errorf("%s: sweepd %s: exit %d\n%s", c.at, strings.Join(c.args, " "), code, tail(out, 400))
			}
		}
	}
	if n < 12 {
		t.Errorf("%d commands in all pages; are they still found?", n)
	}
}

// command is one call of sweepd in a page.
type command struct {
	at   string
	args []string
}

var (
	// A command starts a line of a block or is a span of its own in the text.
	blockCommand = regexp.MustCompile(`^(?:\$ )?(?:[A-Z_]+=\S+ )*(?:\S*/)?sweepd ([a-z].*)$`)
	spanCommand  = regexp.MustCompile("`(?:bin/)?sweepd ([a-z][^`\n]*)`")
	word         = regexp.MustCompile(`"[^"]*"|'[^']*'|\S+`)
)

func commands(t *testing.T, page string) []command {
	t.Helper()
	var out []command
	add := func(at, text string) {
		text, _, _ = strings.Cut(text, " #")
		text = strings.TrimSuffix(strings.TrimSpace(text), "&")
		args := word.FindAllString(text, -1)
		for i, a := range args {
			args[i] = strings.Trim(a, `"'`)
		}
		out = append(out, command{at, args})
	}
	for _, b := range blocks(t, page) {
		if b.lang != "" && b.lang != "sh" && b.lang != "console" {
			continue
		}
		text := strings.ReplaceAll(b.text, "\\\n", "  ")
		for i, line := range strings.Split(text, "\n") {
			if m := blockCommand.FindStringSubmatch(strings.TrimSpace(line)); m != nil {
				add(fmt.Sprintf("%s:%d", b.page, b.line+i), m[1])
			}
		}
	}
	name, text := read(t, page)
	for _, m := range spanCommand.FindAllStringSubmatchIndex(text, -1) {
		add(fmt.Sprintf("%s:%d", name, 1+strings.Count(text[:m[0]], "\n")), text[m[2]:m[3]])
	}
	return out
}

// TestThePythonPageIsTrue runs docs/python.md: a block whose first line names a
// file is that file, and is run by hand; the others are one session on a real
// server with a worker.
func TestThePythonPageIsTrue(t *testing.T) {
	py := python(t)
	dir := t.TempDir()
	t.Setenv("PYTHONPATH", pythonPath(t))
	t.Setenv("PATH", filepath.Dir(py)+":"+os.Getenv("PATH"))
	s := serve(t, "", "--slots", "2")
	t.Setenv("SWEEPD_DIR", s.dir)
	var session strings.Builder
	var scripts []string
	session.WriteString("space = {'__name__': '__main__'}\n")
	for _, b := range blocks(t, "../docs/python.md") {
		if b.lang != "python" {
			continue
		}
		first, _, _ := strings.Cut(b.text, "\n")
		if file := strings.TrimPrefix(first, "# "); strings.HasSuffix(file, ".py") {
			scripts = append(scripts, write(t, dir, file, b.text))
			continue
		}
		padded := strings.Repeat("\n", b.line-1) + b.text // so that a traceback has the page's lines
		fmt.Fprintf(&session, "exec(compile(%s, %q, 'exec'), space)\n", pyString(padded), b.page)
	}
	if len(scripts) < 3 {
		t.Fatalf("scripts %v", scripts)
	}
	for _, script := range scripts {
		out := runPython(t, py, dir, script)
		if left, _ := filepath.Glob(filepath.Join(dir, "predictions")); left != nil {
			t.Errorf("%s left %v by hand\n%s", script, left, out)
		}
	}
	out := runPython(t, py, dir, write(t, t.TempDir(), "session.py", session.String()))
	for _, want := range []string{"did you mean log", "finished"} {
		if !strings.Contains(out, want) {
			t.Errorf("the session did not print %q:\n%s", want, out)
		}
	}
}

// TestThePythonOfOtherPagesCompiles and uses only names that the package has.
func TestThePythonOfOtherPagesCompiles(t *testing.T) {
	py := python(t)
	t.Setenv("PYTHONPATH", pythonPath(t))
	var script strings.Builder
	script.WriteString(`import ast, sweepd
def check(page, text):
    for node in ast.walk(ast.parse(text, page)):
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id in ("sw", "sweepd"):
            assert node.attr in sweepd.__all__, f"{page}: sweepd has no {node.attr}"
`)
	for _, page := range pages(t) {
		for _, b := range blocks(t, page) {
			if b.lang == "python" {
				fmt.Fprintf(&script, "check(%q, %s)\n", b.String(), pyString(b.text))
			}
		}
	}
	runPython(t, py, t.TempDir(), write(t, t.TempDir(), "check.py", script.String()))
}

// pyString writes a text as a Python literal.
func pyString(s string) string {
	return `"""` + strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(s) + `"""`
}

// runPython runs a script to its end and gives what it printed.
func runPython(t *testing.T, py, dir, script string) string {
	t.Helper()
	cmd := exec.Command(py, script)
	cmd.Dir = dir
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%s: %v\n%s", filepath.Base(script), err, out)
	}
	return string(out)
}
