package main

import "testing"

func TestAddressesAsPeopleWriteThem(t *testing.T) {
	for text, want := range map[string]string{
		"http://head:8080":       "http://head:8080",
		"https://head/sweepd/":   "https://head/sweepd",
		"head:8080":              "http://head:8080",
		"127.0.0.1:8080/":        "http://127.0.0.1:8080",
		"localhost":              "http://localhost",
		"http://[::1]:8080":      "http://[::1]:8080",
		"ftp://head":             "",
		"http://":                "",
		"postgres://head/x":      "",
		"http://head:port":       "",
		"http://head:8080\n/etc": "",
	} {
		got, err := address(text)
		if got != want || (err == nil) != (want != "") {
			t.Errorf("%q: %q, %v, want %q", text, got, err, want)
		}
	}
	newDesk(t, "").says(t, exitInvalid, "http://127.0.0.1:8080", "ls", "--server", "ftp://head")
}
