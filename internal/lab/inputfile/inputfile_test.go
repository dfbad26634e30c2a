package inputfile_test

import (
	"bytes"
	"compress/gzip"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"hubmend/internal/lab/inputfile"
)

func zipped(t *testing.T, text string) string {
	t.Helper()
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	if _, err := w.Write([]byte(text)); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func TestRead(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct{ text, want string }{
		"plain":                      {"hüb\r\n", "hüb\r\n"},
		"empty":                      {"", ""},
		"UTF-8 with a mark":          {"\ufeffhüb", "hüb"},
		"UTF-16, little end first":   {"\xff\xfeh\x00\xfc\x00", "hü"},
		"UTF-16, big end first":      {"\xfe\xff\x00h\x00\xfc", "hü"},
		"compressed":                 {zipped(t, "hüb"), "hüb"},
		"compressed, UTF-16":         {zipped(t, "\xff\xfeh\x00"), "h"},
		"compressed UTF-8 with mark": {zipped(t, "\ufeffh"), "h"},
	} {
		file := filepath.Join(t.TempDir(), "f")
		if err := os.WriteFile(file, []byte(tc.text), 0o600); err != nil {
			t.Fatal(err)
		}
		got, err := inputfile.Read(file)
		if err != nil || string(got) != tc.want {
			t.Errorf("%s: %q, %v; want %q", name, got, err, tc.want)
		}
	}
}

func TestReadRefuses(t *testing.T) {
	t.Parallel()
	for name, text := range map[string]string{
		"half a character": "\xff\xfeh", "half an archive": zipped(t, "a long text")[:20], "no archive": "\x1f\x8b",
		"a bomb": zipped(t, string(make([]byte, 65<<20))),
	} {
		file := filepath.Join(t.TempDir(), "f")
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if got, err := inputfile.Read(file); err == nil || !strings.Contains(err.Error(), file) {
			t.Errorf("%s: %d bytes, %v; want an error that names the file", name, len(got), err)
		}
	}
	if _, err := inputfile.Read(filepath.Join(t.TempDir(), "none")); err == nil {
		t.Error("a file that does not exist can be read")
	}
}
