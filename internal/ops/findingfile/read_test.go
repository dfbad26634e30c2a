package findingfile_test

import (
	"encoding/json"
	"reflect"
	"strings"
	"testing"

	"hubmend/internal/ops/findingfile"
)

const asff = `{"Id": "arn:aws:securityhub:us-east-1:222222222222:security-control/S3.1/finding/1",
"ProductArn": "arn:aws:securityhub:us-east-1::product/aws/securityhub", "AwsAccountId": "222222222222",
"GeneratorId": "security-control/S3.1", "UpdatedAt": "2026-03-01T12:00:00Z",
"Resources": [{"Type": "AwsS3Bucket", "Id": "arn:aws:s3:::b", "Tags": {"team": "web"}}]}`

const ocsf = `{"class_uid": 2003, "cloud": {"account": {"uid": "222222222222"}, "region": "us-east-1"},
"compliance": {"control": "S3.1", "status": "Fail"}, "status": "New", "time": 1772366400000,
"finding_info": {"uid": "arn:aws:securityhub:us-east-1:222222222222:security-control/S3.1/finding/1"},
"metadata": {"uid": "9d1b", "product": {"uid": "arn:aws:securityhub:us-east-1::productv2/aws/securityhub"}},
"resources": [{"type": "AWS::S3::Bucket", "uid": "b", "uid_alt": "arn:aws:s3:::b",
"tags": [{"name": "team", "value": "web"}]}]}`

func TestRead(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		text string
		v2   string
		tags map[string]string
	}{
		"ASFF":                 {asff, "", map[string]string{"team": "web"}},
		"OCSF":                 {ocsf, "9d1b", map[string]string{"team": "web"}},
		"ASFF without tags":    {strings.Replace(asff, `"Tags"`, `"Tag"`, 1), "", nil},
		"OCSF without tags":    {strings.Replace(ocsf, `"tags"`, `"tag"`, 1), "9d1b", nil},
		"tags of another form": {strings.Replace(asff, `{"team": "web"}`, `[7]`, 1), "", nil},
		"OCSF tags as a map": {strings.Replace(ocsf, `[{"name": "team", "value": "web"}]`, `{}`, 1), "9d1b",
			nil},
		"a text about the class": {strings.Replace(asff, `"web"`, `"\"class_uid\""`, 1), "",
			map[string]string{"team": `"class_uid"`}},
	} {
		f, tags, err := findingfile.Read(json.RawMessage(tc.text))
		if err != nil || f.V2.UID != tc.v2 || !reflect.DeepEqual(tags, tc.tags) || f.ResourceID != "arn:aws:s3:::b" {
			t.Errorf("%s: %+v, %v, %v", name, f, tags, err)
		}
	}
	for _, text := range []string{`{}`, `{"class_uid": 2004}`, `{"class_uid"`, `[]`} {
		if f, _, err := findingfile.Read(json.RawMessage(text)); err == nil {
			t.Errorf("%s: %+v", text, f)
		}
	}
}
