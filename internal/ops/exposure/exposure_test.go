package exposure_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"strings"
	"testing"

	"hubmend/internal/ops/exposure"
)

const (
	control = "arn:aws:securityhub:eu-west-1:222222222222:security-control/S3.1/finding/1"
	subject = `"metadata":{"uid":"e1",
"product":{"uid":"arn:aws:securityhub:eu-west-1::productv2/aws/securityhub-exposure"}},
"cloud":{"account":{"uid":"222222222222"},"region":"eu-west-1"},"class_uid":2004`
)

// written is an exposure with related events.
func written(events string) string {
	return `{` + subject + `,"severity":"Critical","status":"New",
		"finding_info":{"title":"Public bucket","related_events":` + events + `},"resources":[{"uid":"b","uid_alt":"arn:aws:s3:::b","type":"AWS::S3::Bucket"}]}`
}

func TestParse(t *testing.T) {
	t.Parallel()
	got, err := exposure.Parse(json.RawMessage(written(`[{"uid":"` + control + `","title":"S3.1"},
		{"uid":"` + control + `"},{"uid":"arn:aws:inspector2:eu-west-1:222222222222:finding/1"},{"uid":""},{"uid":7},
		7,null,
		{"uid":"arn:aws:securityhub:eu-west-1:333333333333:security-control/S3.1/finding/2"},
		{"uid":"arn:aws:securityhub:mars-1:222222222222:security-control/S3.1/finding/2"},
		{"uid":"arn:aws-cn:securityhub:eu-west-1:222222222222:security-control/S3.1/finding/2"},
		{"uid":"` + strings.Repeat("x", 513) + `"}]`)))
	if err != nil {
		t.Fatal(err)
	}
	if len(got.Related) != 5 || got.Related[0] != (exposure.Related{ID: control, Title: "S3.1", Region: "eu-west-1"}) ||
		!reflect.DeepEqual(got.Controls("eu-west-1"), []string{control}) ||
		!reflect.DeepEqual(got.Regions(), []string{"eu-west-1"}) {
		t.Errorf("related are %+v", got.Related)
	}
	got.Related = nil
	if want := (exposure.Exposure{ID: "e1", Title: "Public bucket", Account: "222222222222", Region: "eu-west-1",
		Severity: "Critical", Status: "New", Resource: "arn:aws:s3:::b"}); !reflect.DeepEqual(got, want) {
		t.Errorf("%+v", got)
	}
}

// An exposure that names thousands of findings does not make Hubmend read them all.
func TestMostRelated(t *testing.T) {
	t.Parallel()
	var events []string
	for i := range 2500 { // 240 KB
		events = append(events, fmt.Sprintf(`{"uid":"%s%d"}`, control, i))
	}
	got, err := exposure.Parse(json.RawMessage(written("[" + strings.Join(events, ",") + "]")))
	if err != nil || len(got.Related) != exposure.Most || got.More != 2500-exposure.Most {
		t.Errorf("%d related, %d more, %v", len(got.Related), got.More, err)
	}
}

func TestParseRefuses(t *testing.T) {
	t.Parallel()
	named := strings.Replace(written(`[]`), `securityhub-exposure"`,
		`detection","name":"Security Hub Exposure Detection"`, 1)
	if _, err := exposure.Parse(json.RawMessage(named)); err != nil {
		t.Errorf("an exposure by the name of its product: %v", err)
	}
	for name, tc := range map[string]struct {
		text  string
		other bool
	}{
		"no JSON":         {text: `{`},
		"a list":          {text: `[]`},
		"deep":            {text: strings.Repeat(`{"a":`, 60_000)},
		"a control":       {text: strings.Replace(written(`[]`), "2004", "2003", 1), other: true},
		"no class":        {text: strings.Replace(written(`[]`), `"class_uid":2004`, `"x":1`, 1), other: true},
		"a class in text": {text: strings.Replace(written(`[]`), "2004", `"2004"`, 1), other: true},
		"GuardDuty":       {text: strings.Replace(written(`[]`), "securityhub-exposure", "guardduty", 1), other: true},
		"a name":          {text: strings.Replace(named, "productv2/aws", "productv2/acme", 1), other: true},
		"a company":       {text: strings.Replace(written(`[]`), "productv2/aws", "productv2/acme", 1), other: true},
		"no id":           {text: strings.Replace(written(`[]`), `"e1"`, `""`, 1)},
		"a numeric id":    {text: strings.Replace(written(`[]`), `"e1"`, `1`, 1)},
		"no account":      {text: strings.Replace(written(`[]`), `"222222222222"`, `"prod"`, 1)},
		"no list":         {text: written(`"all"`)},
	} {
		got, err := exposure.Parse(json.RawMessage(tc.text))
		if err == nil || errors.Is(err, exposure.ErrOther) != tc.other {
			t.Errorf("%s: %+v, %v", name, got, err)
		}
	}
	loose := strings.NewReplacer(`"Critical"`, `{}`, `"Public bucket"`, `7`, `[{"uid":"b"`, `[{"uid":[]`)
	if got, err := exposure.Parse(json.RawMessage(loose.Replace(written(`null`)))); err != nil || got.Severity != "" {
		t.Errorf("an exposure with texts of other types: %+v, %v", got, err)
	}
}

func FuzzParse(f *testing.F) {
	f.Add([]byte(written(`[{"uid":"` + control + `"}]`)))
	f.Add([]byte(`{"class_uid":2004,"finding_info":[]}`))
	f.Fuzz(func(t *testing.T, text []byte) {
		e, err := exposure.Parse(text)
		if err != nil {
			return
		}
		for _, r := range e.Related {
			own := strings.Contains(r.ID, ":securityhub:"+r.Region+":"+e.Account+":")
			if r.Region != "" && !own || len(r.ID) > 512 {
				t.Errorf("takes %q", r.ID)
			}
		}
		if len(e.Related) > exposure.Most {
			t.Errorf("%d related", len(e.Related))
		}
	})
}
