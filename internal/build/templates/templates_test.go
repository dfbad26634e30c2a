package templates_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"hubmend/internal/build/templates"
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
				"Code": object{"S3Bucket": object{"Fn::Sub": bucket}, "S3Key": zipKey}, "Description": "a < b",
				"Timeout": json.Number("30.0"),
			}},
			"Product": object{"Type": "AWS::ServiceCatalog::CloudFormationProduct", "Properties": object{
				"Versions": []any{object{
					"Url": object{"Fn::Sub": "https://s3.${AWS::URLSuffix}/" + bucket + "/" + playKey}}},
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
		"1": file("dispatch", "code", "zip", zipKey),
		"2": file("cis/1.2.0.template.json", "p.json", "file", playKey),
		"3": file("hubmend-admin Template", "a.json", "file", "aaaa.json"),
	}})
	put(t, dir, "a.json", admin)
	put(t, dir, "m.json", object{"Resources": object{"Log": object{"Type": "AWS::Logs::LogGroup"}}})
	return dir
}

func put(t *testing.T, dir, name string, content any) {
	t.Helper()
	text, err := json.Marshal(content)
	if err == nil {
		err = os.WriteFile(filepath.Join(dir, name), text, 0o600)
	}
	if err != nil {
		t.Fatal(err)
	}
}

func TestOf(t *testing.T) {
	t.Parallel()
	files, err := templates.Of(synthesized(t, admin()), nil)
	if err != nil || len(files) != 2 {
		t.Fatalf("%d files, %v", len(files), err)
	}
	var got object
	d := json.NewDecoder(strings.NewReader(string(files["hubmend-admin.template.json"])))
	d.UseNumber()
	if err := d.Decode(&got); err != nil {
		t.Fatal(err)
	}
	want := object{
		"Function": object{"Type": "AWS::Lambda::Function", "Properties": object{
			"Code": object{"S3Bucket": object{"Ref": "CodeBucket"},
				"S3Key": object{"Fn::Sub": "${CodePrefix}assets/dispatch.zip"}},
			"Description": "a < b", "Timeout": json.Number("30.0"),
		}},
		"Product": object{"Type": "AWS::ServiceCatalog::CloudFormationProduct", "Properties": object{
			"Versions": []any{object{
				"Url": object{"Fn::Sub": "https://s3.${AWS::URLSuffix}/${CodeBucket}/${CodePrefix}assets/cis/1.2.0.template.json"}}},
		}},
	}
	if diff := cmp.Diff(any(want), got["Resources"]); diff != "" {
		t.Errorf("Resources (-want +got):\n%s", diff)
	}
	parameters, _ := got["Parameters"].(object)
	prefix, _ := parameters["CodePrefix"].(object)
	if len(parameters) != 3 || parameters["MaxAttempts"] == nil || parameters["CodeBucket"] == nil ||
		prefix["Default"] != "dist/" {
		t.Errorf("Parameters = %v", parameters)
	}
	if member := string(files["hubmend-member.template.json"]); strings.Contains(member, "CodeBucket") {
		t.Errorf("a template that takes nothing from the bucket is %s", member)
	}
}

func TestOfRefuses(t *testing.T) {
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
		if _, err := templates.Of(tc.assembly, nil); err == nil || !strings.Contains(err.Error(), tc.want) {
			t.Errorf("%s: Of = %v, want an error that says %s", name, err, tc.want)
		}
	}
}

func TestDifferences(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	put(t, dir, "same.template.json", 1)
	put(t, dir, "changed.template.json", 1)
	put(t, dir, "old.template.json", 1)
	want := map[string][]byte{"same.template.json": []byte("1"), "changed.template.json": []byte("2"),
		"new.template.json": []byte("3")}
	got, err := templates.Differences(dir, want)
	if err != nil {
		t.Fatal(err)
	}
	if len(got) != 3 || !strings.HasPrefix(got[0], "old.") || !strings.HasPrefix(got[1], "changed.") ||
		!strings.HasPrefix(got[2], "new.") {
		t.Errorf("Differences = %q", got)
	}
	if err := templates.Write(dir, want); err != nil {
		t.Fatal(err)
	}
	if got, err = templates.Differences(dir, want); err != nil || len(got) > 0 {
		t.Errorf("after Write, Differences = %q, %v", got, err)
	}
}
