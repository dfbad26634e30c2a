package dist_test

import (
	"archive/zip"
	"crypto/sha256"
	"encoding/hex"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"hubmend/internal/build/dist"
)

// admin is a kept template that takes something of each kind from the bucket.
const admin = `{"Resources": {
 "Function": {"Code": {"S3Bucket": {"Ref": "CodeBucket"}, "S3Key": {"Fn::Sub": "${CodePrefix}assets/dispatch.zip"}}, "Description": "a < b", "Timeout": 30.0},
 "Product": {"Url": {"Fn::Sub": "https://s3.${AWS::URLSuffix}/${CodeBucket}/${CodePrefix}assets/cis/1.2.0.template.json"}},
 "StackSet": {"Url": {"Fn::Sub": "https://s3.${AWS::URLSuffix}/${CodeBucket}/${CodePrefix}assets/hubmend-member.template.json"}}
}}`

// source writes kept templates, of an admin stack and a member's, and a function.
func source(t *testing.T, admin string) dist.Source {
	t.Helper()
	dir := t.TempDir()
	put(t, dir, "templates/hubmend-admin.template.json", admin)
	put(t, dir, "templates/hubmend-member.template.json", `{"Resources": {"Log": {}}}`)
	put(t, dir, "templates/cis/1.2.0.template.json", `{"Resources": {}}`)
	put(t, dir, "templates/cis.product.template.json", `{"Resources": {}}`)
	put(t, dir, "functions/dispatch/bootstrap", "a program")
	return dist.Source{Templates: filepath.Join(dir, "templates"), Functions: filepath.Join(dir, "functions")}
}

func put(t *testing.T, dir, name, text string) {
	t.Helper()
	file := filepath.Join(dir, name)
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

func write(t *testing.T, from dist.Source) string {
	t.Helper()
	out := filepath.Join(t.TempDir(), "dist")
	if err := dist.Write(from, out); err != nil {
		t.Fatal(err)
	}
	return out
}

// tree returns the content of every file.
func tree(t *testing.T, dir string) map[string]string {
	t.Helper()
	files := map[string]string{}
	err := filepath.WalkDir(dir, func(path string, entry os.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		text, err := os.ReadFile(path)
		name, _ := filepath.Rel(dir, path)
		files[filepath.ToSlash(name)] = string(text)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return files
}

// named finds a file by what stands around the digest of its content in its name.
func named(t *testing.T, files map[string]string, before, after string) string {
	t.Helper()
	for name, text := range files {
		if sum := sha256.Sum256([]byte(text)); name == before+hex.EncodeToString(sum[:6])+after {
			return name
		}
	}
	t.Fatalf("there is no %s...%s among %q", before, after, slices.Sorted(maps.Keys(files)))
	return ""
}

// theFiles names what is taken from the bucket.
func theFiles(t *testing.T, files map[string]string) (code, playbook, stackSet string) {
	t.Helper()
	return named(t, files, "assets/dispatch-", ".zip"), named(t, files, "assets/cis-1.2.0-", ".template.json"),
		named(t, files, "assets/hubmend-member-", ".template.json")
}

func TestFiles(t *testing.T) {
	t.Parallel()
	from := source(t, admin)
	got := tree(t, write(t, from))
	code, playbook, stackSet := theFiles(t, got)
	for _, name := range []string{"admin.template.json", "member.template.json", code, playbook, stackSet,
		"README.md"} {
		if !strings.Contains(got["SHA256SUMS"], "  "+name+"\n") {
			t.Errorf("SHA256SUMS does not have %s", name)
		}
	}
	if len(got) != 7 {
		t.Errorf("%d files, want 7: %v", len(got), slices.Sorted(maps.Keys(got)))
	}
	if !strings.Contains(got["README.md"], "| `"+code+"` | the code of a function |") {
		t.Error("README.md does not say what an asset is")
	}
	before := tree(t, from.Templates)
	if got["member.template.json"] != before["hubmend-member.template.json"] ||
		got[playbook] != before["cis/1.2.0.template.json"] {
		t.Error("a template that needs nothing of the bucket was changed")
	}
}

// Names are of the content, and nothing else of a template changes.
func TestTemplatesTakeAllFromTheBucket(t *testing.T) {
	t.Parallel()
	got := tree(t, write(t, source(t, admin)))
	code, playbook, stackSet := theFiles(t, got)
	want := strings.NewReplacer("assets/dispatch.zip", code, "assets/cis/1.2.0.template.json", playbook,
		"assets/hubmend-member.template.json", stackSet).Replace(admin)
	if diff := cmp.Diff(want, got["admin.template.json"]); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	changed := source(t, admin)
	put(t, changed.Functions, "dispatch/bootstrap", "another program")
	if again := tree(t, write(t, changed))["admin.template.json"]; strings.Contains(again, code) ||
		!strings.Contains(again, playbook) {
		t.Errorf("after a change of the function it is\n%s", again)
	}
}

func TestSameSourceSameBytes(t *testing.T) {
	t.Parallel()
	from := source(t, admin)
	first := tree(t, write(t, from))
	program := filepath.Join(from.Functions, "dispatch", "bootstrap")
	if err := os.Chtimes(program, time.Unix(1e9, 0), time.Unix(1e9, 0)); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(program, 0o700); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(first, tree(t, write(t, from))); diff != "" {
		t.Errorf("another day, another mode (-first +second):\n%s", diff)
	}
}

func TestZipIsWhatLambdaRuns(t *testing.T) {
	t.Parallel()
	dir := write(t, source(t, admin))
	code, _, _ := theFiles(t, tree(t, dir))
	z, err := zip.OpenReader(filepath.Join(dir, code))
	if err != nil {
		t.Fatal(err)
	}
	defer z.Close()
	if len(z.File) != 1 || z.File[0].Name != "bootstrap" || z.File[0].Mode() != 0o755 {
		t.Fatalf("the zip has %v", z.File)
	}
	f, err := z.File[0].Open()
	if err != nil {
		t.Fatal(err)
	}
	if text, err := io.ReadAll(f); string(text) != "a program" || err != nil {
		t.Errorf("the program is %s, %v", text, err)
	}
}

func TestWriteReplacesOnlyItsOwn(t *testing.T) {
	t.Parallel()
	from, out := source(t, admin), t.TempDir()
	if err := dist.Write(from, out); err != nil {
		t.Fatalf("into an empty folder: %v", err)
	}
	put(t, out, "assets/old.zip", "of an earlier version")
	if err := dist.Write(from, out); err != nil {
		t.Fatalf("again: %v", err)
	}
	if _, there := tree(t, out)["assets/old.zip"]; there {
		t.Error("what an earlier version had is still there")
	}
	strange := t.TempDir()
	put(t, strange, "thesis.txt", "years of work")
	if err := dist.Write(from, strange); err == nil || len(tree(t, strange)) != 1 {
		t.Errorf("Write into a strange folder = %v; it has %v", err, tree(t, strange))
	}
}

func TestWriteRefuses(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		from dist.Source
		want string
	}{
		"no templates":     {dist.Source{Templates: t.TempDir()}, "no template"},
		"no such function": {source(t, strings.ReplaceAll(admin, "dispatch.zip", "nobody.zip")), "nobody"},
		"no such template": {source(t, strings.ReplaceAll(admin, "cis/1.2.0", "cis/9.9.9")), "9.9.9"},
	} {
		if err := dist.Write(tc.from, filepath.Join(t.TempDir(), "dist")); err == nil ||
			!strings.Contains(err.Error(), tc.want) {
			t.Errorf("%s: Write = %v, want an error that says %s", name, err, tc.want)
		}
	}
}
