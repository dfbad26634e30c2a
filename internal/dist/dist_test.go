package dist_test

import (
	"archive/zip"
	"encoding/json"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"hubmend/internal/dist"
)

type object = map[string]any

const (
	bucket  = "cdk-x-assets-${AWS::AccountId}-${AWS::Region}"
	zipKey  = "0123456789abcdef.zip"
	playKey = "fedcba9876543210.json"
)

// admin is a template with an asset of each kind, and a number that must keep its text.
func admin() object {
	return object{
		"Parameters": object{"MaxAttempts": object{"Type": "Number", "Default": 3}},
		"Resources": object{
			"Function": object{"Type": "AWS::Lambda::Function", "Properties": object{
				"Code": object{"S3Bucket": object{"Fn::Sub": bucket}, "S3Key": zipKey}, "Description": "a < b", "Timeout": json.Number("30.0"),
			}},
			"Product": object{"Type": "AWS::ServiceCatalog::CloudFormationProduct", "Properties": object{
				"Versions": []any{object{"Url": object{"Fn::Sub": "https://s3.${AWS::URLSuffix}/" + bucket + "/" + playKey}}},
			}},
		},
	}
}

// synthesized writes an assembly as the CDK does, with an admin stack and a member's.
func synthesized(t *testing.T, admin object) string {
	t.Helper()
	dir := t.TempDir()
	file := func(title, path, packaging, key string) object {
		return object{"displayName": title, "source": object{"path": path, "packaging": packaging},
			"destinations": object{"here": object{"bucketName": bucket, "objectKey": key}}}
	}
	put(t, dir, "manifest.json", object{"artifacts": object{
		"hubmend-admin":  object{"type": "aws:cloudformation:stack", "properties": object{"templateFile": "a.json"}},
		"hubmend-member": object{"type": "aws:cloudformation:stack", "properties": object{"templateFile": "m.json"}},
		"assets":         object{"type": "cdk:asset-manifest", "properties": object{"file": "assets.json"}},
		"Tree":           object{"type": "cdk:tree", "properties": object{"file": "tree.json"}},
	}})
	put(t, dir, "assets.json", object{"files": object{
		"1": file("Dispatch/Code", "code", "zip", zipKey),
		"2": file("Playbook-cis-1.2.0 Template", "p.json", "file", playKey),
		"3": file("hubmend-admin Template", "a.json", "file", "aaaa.json"),
	}})
	put(t, dir, "a.json", admin)
	put(t, dir, "m.json", object{"Resources": object{"Log": object{"Type": "AWS::Logs::LogGroup"}}})
	put(t, dir, "p.json", object{"Resources": object{}})
	put(t, dir, "code/bootstrap", "a program")
	return dir
}

func put(t *testing.T, dir, name string, content any) {
	t.Helper()
	text, err := json.Marshal(content)
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(dir, name)
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, text, 0o600); err != nil {
		t.Fatal(err)
	}
}

func write(t *testing.T, assembly string) string {
	t.Helper()
	out := filepath.Join(t.TempDir(), "dist")
	if err := dist.Write(assembly, out); err != nil {
		t.Fatal(err)
	}
	return out
}

// tree gives the content of every file.
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

const (
	code     = "assets/dispatch-code-0123456789ab.zip"
	playbook = "assets/playbook-cis-1.2.0-fedcba987654.json"
)

func TestFiles(t *testing.T) {
	t.Parallel()
	assembly := synthesized(t, admin())
	got := tree(t, write(t, assembly))
	for _, name := range []string{"admin.template.json", "member.template.json", code, playbook, "README.md"} {
		if !strings.Contains(got["SHA256SUMS"], "  "+name+"\n") {
			t.Errorf("SHA256SUMS does not have %s", name)
		}
		if _, ok := got[name]; !ok {
			t.Errorf("there is no %s", name)
		}
	}
	if len(got) != 6 {
		t.Errorf("%d files, want 6", len(got))
	}
	if !strings.Contains(got["README.md"], "| `"+code+"` | Dispatch/Code |") {
		t.Error("README.md does not say what an asset is")
	}
	if before := tree(t, assembly); got["member.template.json"] != before["m.json"] || got[playbook] != before["p.json"] {
		t.Error("a template that needs nothing of the bucket was changed")
	}
}

func TestTemplatesTakeAllFromTheBucket(t *testing.T) {
	t.Parallel()
	text := tree(t, write(t, synthesized(t, admin())))["admin.template.json"]
	var got object
	d := json.NewDecoder(strings.NewReader(text))
	d.UseNumber()
	if err := d.Decode(&got); err != nil {
		t.Fatal(err)
	}
	want := object{
		"Function": object{"Type": "AWS::Lambda::Function", "Properties": object{
			"Code":        object{"S3Bucket": object{"Ref": "CodeBucket"}, "S3Key": object{"Fn::Sub": "${CodePrefix}" + code}},
			"Description": "a < b", "Timeout": json.Number("30.0"),
		}},
		"Product": object{"Type": "AWS::ServiceCatalog::CloudFormationProduct", "Properties": object{
			"Versions": []any{object{"Url": object{"Fn::Sub": "https://s3.${AWS::URLSuffix}/${CodeBucket}/${CodePrefix}" + playbook}}},
		}},
	}
	if diff := cmp.Diff(any(want), got["Resources"]); diff != "" {
		t.Errorf("Resources (-want +got):\n%s", diff)
	}
	parameters, _ := got["Parameters"].(object)
	prefix, _ := parameters["CodePrefix"].(object)
	if len(parameters) != 3 || parameters["MaxAttempts"] == nil || parameters["CodeBucket"] == nil || prefix["Default"] != "dist/" {
		t.Errorf("Parameters = %v", parameters)
	}
}

func TestSameAssemblySameBytes(t *testing.T) {
	t.Parallel()
	assembly := synthesized(t, admin())
	first := tree(t, write(t, assembly))
	program := filepath.Join(assembly, "code", "bootstrap")
	if err := os.Chtimes(program, time.Unix(1e9, 0), time.Unix(1e9, 0)); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(program, 0o700); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(first, tree(t, write(t, assembly))); diff != "" {
		t.Errorf("another day, another mode (-first +second):\n%s", diff)
	}
}

func TestZipIsWhatLambdaRuns(t *testing.T) {
	t.Parallel()
	z, err := zip.OpenReader(filepath.Join(write(t, synthesized(t, admin())), code))
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
	if text, err := io.ReadAll(f); string(text) != `"a program"` || err != nil {
		t.Errorf("the program is %s, %v", text, err)
	}
}

func TestWriteReplacesOnlyItsOwn(t *testing.T) {
	t.Parallel()
	assembly, out := synthesized(t, admin()), t.TempDir()
	if err := dist.Write(assembly, out); err != nil {
		t.Fatalf("into an empty folder: %v", err)
	}
	put(t, out, "assets/old.zip", "of an earlier version")
	if err := dist.Write(assembly, out); err != nil {
		t.Fatalf("again: %v", err)
	}
	if _, there := tree(t, out)["assets/old.zip"]; there {
		t.Error("what an earlier version had is still there")
	}
	strange := t.TempDir()
	put(t, strange, "thesis.txt", "years of work")
	if err := dist.Write(assembly, strange); err == nil || len(tree(t, strange)) != 1 {
		t.Errorf("Write into a strange folder = %v; it has %v", err, tree(t, strange))
	}
}

func TestWriteRefuses(t *testing.T) {
	t.Parallel()
	joined := admin()
	joined["Outputs"] = object{"Where": object{"Value": object{"Fn::Join": []any{"/", []any{"s3:/", bucket, zipKey}}}}}
	taken := admin()
	taken["Parameters"] = object{"CodeBucket": object{"Type": "String"}}
	for name, tc := range map[string]struct{ assembly, want string }{
		"no assembly":                 {t.TempDir(), "make synth"},
		"bucket in a form of its own": {synthesized(t, joined), bucket},
		"parameter of the same name":  {synthesized(t, taken), "CodeBucket"},
	} {
		if err := dist.Write(tc.assembly, filepath.Join(t.TempDir(), "dist")); err == nil || !strings.Contains(err.Error(), tc.want) {
			t.Errorf("%s: Write = %v, want an error that says %s", name, err, tc.want)
		}
	}
}
