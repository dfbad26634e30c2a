package doctor_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"

	"hubmend/internal/catalog"
	"hubmend/internal/ops/doctor"
)

// answers are those of AWS, by method, path and feature.
type answers map[string]string

const (
	hubV2     = "GET /hubv2"
	cspmHomes = "GET /findingAggregator/list"
	v2Homes   = "GET /aggregatorv2/list"
	v2Home    = "GET /aggregatorv2/get/"
	cspmAdmin = "GET /organization/admin SecurityHub"
	v2Admin   = "GET /organization/admin SecurityHubV2"
)

// well are the answers for a deployment with both services, in us-east-1 of 111111111111.
var well = answers{
	hubV2:                         `{"HubV2Arn": "arn:aws:securityhub:us-east-1:111111111111:hubv2/1"}`,
	cspmHomes:                     `{"FindingAggregators": [{"FindingAggregatorArn": "one"}]}`,
	"GET /findingAggregator/get/": `{"FindingAggregationRegion": "us-east-1", "RegionLinkingMode": "ALL_REGIONS"}`,
	v2Homes:                       `{"AggregatorsV2": [{"AggregatorV2Arn": "two"}]}`,
	v2Home:                        `{"AggregationRegion": "us-east-1", "RegionLinkingMode": "ALL_REGIONS"}`,
	cspmAdmin:                     `{"AdminAccounts": [{"AccountId": "111111111111", "Status": "ENABLED"}]}`,
	v2Admin:                       `{"AdminAccounts": [{"AccountId": "111111111111", "Status": "ENABLED"}]}`,
	"POST /": "<GetCallerIdentityResponse><GetCallerIdentityResult><Account>111111111111</Account>" +
		"</GetCallerIdentityResult></GetCallerIdentityResponse>",
}

// with returns the answers with others in the place of some.
func (a answers) with(others answers) answers {
	all := answers{}
	for _, some := range []answers{a, others} {
		for call, answer := range some {
			all[call] = answer
		}
	}
	return all
}

// deployment gets the answers. One that is only a word is the code of an error.
func (a answers) deployment(t *testing.T) doctor.Deployment {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		call := r.Method + " " + r.URL.Path
		if strings.Contains(call, "/get/") {
			call = call[:strings.Index(call, "/get/")+len("/get/")]
		}
		if feature := r.URL.Query().Get("Feature"); feature != "" {
			call += " " + feature
		}
		answer, ok := a[call]
		if !ok {
			t.Errorf("nothing answers %s", call)
		}
		if answer != "" && !strings.ContainsAny(answer, "{<") {
			w.Header().Set("X-Amzn-Errortype", answer)
			w.WriteHeader(http.StatusBadRequest)
			return
		}
		fmt.Fprint(w, answer)
	}))
	t.Cleanup(server.Close)
	return doctor.Deployment{Catalog: catalog.Embedded(), Config: aws.Config{Region: "us-east-1",
		BaseEndpoint: &server.URL, Credentials: credentials.NewStaticCredentialsProvider("id", "secret", "")}}
}

func TestV2(t *testing.T) {
	t.Parallel()
	const noV2 = "ResourceNotFoundException"
	const denied = "AccessDeniedException"
	elsewhere := `{"AggregationRegion": "eu-west-1", "RegionLinkingMode": "ALL_REGIONS"}`
	other := `{"AdminAccounts": [{"AccountId": "999999999999", "Status": "ENABLED"}]}`
	for name, tc := range map[string]struct {
		check, organization string
		answers             answers
		status              doctor.Status
		wants               []string
	}{
		"enabled":     {"Security Hub V2", "", nil, doctor.OK, []string{"the new Security Hub is enabled"}},
		"not enabled": {"Security Hub V2", "", answers{hubV2: noV2}, doctor.OK, []string{"is not enabled"}},
		"may not look": {"Security Hub V2", "", answers{hubV2: denied}, doctor.Unknown,
			[]string{"needs securityhub:DescribeSecurityHubV2"}},

		"one home Region": {"home Region V2", "", nil, doctor.OK,
			[]string{"aggregates findings here too (ALL_REGIONS)"}},
		"no V2 to aggregate": {"home Region V2", "", answers{hubV2: noV2}, doctor.OK,
			[]string{"the new Security Hub is not enabled"}},
		"none aggregates": {"home Region V2", "",
			answers{cspmHomes: `{"FindingAggregators": []}`, v2Homes: `{"AggregatorsV2": []}`}, doctor.OK,
			[]string{"not aggregated there either"}},
		"only CSPM aggregates": {"home Region V2", "", answers{v2Homes: `{"AggregatorsV2": []}`}, doctor.Problem,
			[]string{"in us-east-1, but the new Security Hub does not", "create-aggregator-v2 --region us-east-1"}},
		"only V2 aggregates": {"home Region V2", "", answers{cspmHomes: `{"FindingAggregators": []}`}, doctor.Problem,
			[]string{"but Security Hub CSPM does not", "create-finding-aggregator --region us-east-1"}},
		"V2 aggregates elsewhere": {"home Region V2", "", answers{v2Home: elsewhere}, doctor.Problem,
			[]string{"aggregates findings in eu-west-1, but this deployment is in us-east-1"}},
		"may not list": {"home Region V2", "", answers{v2Homes: denied}, doctor.Unknown,
			[]string{"needs securityhub:ListAggregatorsV2"}},
		"may not get": {"home Region V2", "", answers{v2Home: denied}, doctor.Unknown,
			[]string{"needs securityhub:GetAggregatorV2"}},

		"administrator of both": {"delegated administrator", "o-1", nil, doctor.OK,
			[]string{"administrator of Security Hub CSPM and the new Security Hub"}},
		"administrator of CSPM": {"delegated administrator", "o-1", answers{hubV2: noV2, v2Admin: other}, doctor.OK,
			[]string{"this account is the delegated administrator of Security Hub CSPM"}},
		"no organization": {"delegated administrator", "", answers{cspmAdmin: denied}, doctor.OK,
			[]string{"no organization"}},
		"another administrator of V2": {"delegated administrator", "o-1", answers{v2Admin: other}, doctor.Problem,
			[]string{"of the new Security Hub is 999999999999, but this deployment is in 111111111111",
				"enable-organization-admin-account --feature SecurityHubV2 --admin-account-id 111111111111"}},
		"another administrator of CSPM": {"delegated administrator", "o-1", answers{cspmAdmin: other}, doctor.Problem,
			[]string{"of Security Hub CSPM is 999999999999"}},
		"no administrator of V2": {"delegated administrator", "o-1", answers{v2Admin: `{"AdminAccounts": []}`},
			doctor.Problem, []string{"of the new Security Hub is not set"}},
		"a former administrator": {"delegated administrator", "o-1",
			answers{v2Admin: strings.ReplaceAll(well[v2Admin], "ENABLED", "DISABLE_IN_PROGRESS")}, doctor.Problem,
			[]string{"of the new Security Hub is not set"}},
		"not the management account": {"delegated administrator", "o-1", answers{cspmAdmin: "InvalidAccessException"},
			doctor.Unknown, []string{"only the organization's management account can list",
				"list-organization-admin-accounts --feature SecurityHub"}},
		"may not ask": {"delegated administrator", "o-1", answers{v2Admin: denied}, doctor.Unknown,
			[]string{"needs securityhub:ListOrganizationAdminAccounts", "in the management account"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := well.with(tc.answers).deployment(t)
			results := d.Look(t.Context(), tc.check, tc.organization)
			if len(results) != 1 || results[0].Status != tc.status ||
				tc.status == doctor.Problem && results[0].Fix == "" {
				t.Fatalf("%+v", results)
			}
			for _, want := range tc.wants {
				if said := results[0].Found + " -> " + results[0].Fix; !strings.Contains(said, want) {
					t.Errorf("it does not say %q but %q", want, said)
				}
			}
		})
	}
}

func TestRouting(t *testing.T) {
	t.Parallel()
	const asff = `{"detail-type": ["Security Hub Findings - Imported"], "detail": {"findings": {
		"Workflow": {"Status": ["NEW"]}, "Compliance": {"SecurityControlId": [{"equals-ignore-case": "KMS.4"}]}}}}`
	const ocsf = `{"detail-type": ["Findings Imported V2"], "detail": {"findings": {"class_uid": [2003],
		"status_id": [1], "compliance": {"control": [{"equals-ignore-case": "kms.4"}]}}}}`
	click := strings.Replace(ocsf, "[1]", "[2]", 1)
	group := groupOf(t, "KMS.4")
	enabled, disabled := map[string]string{group: "ENABLED"}, map[string]string{group: "DISABLED"}
	for name, tc := range map[string]struct {
		noV2      bool
		rules     map[string]string
		playbooks []map[string]string
		wants     []string // of each problem
		twice     []string // events that are sent twice
	}{
		"both":  {false, map[string]string{"a": asff, "b": ocsf, "c": click}, []map[string]string{enabled}, nil, nil},
		"no V2": {true, map[string]string{"a": asff}, []map[string]string{enabled}, nil, nil},
		"V2 is not routed": {false, map[string]string{"a": asff}, []map[string]string{enabled},
			[]string{"no enabled rule matches Findings Imported V2 (New) of KMS.4"}, nil},
		"nothing is routed": {true, nil, []map[string]string{enabled},
			[]string{"no enabled rule matches Security Hub Findings - Imported of KMS.4"}, nil},
		"nothing is ENABLED": {false, nil, []map[string]string{disabled}, nil, nil},
		"twice": {false, map[string]string{"a": asff, "b": asff, "c": ocsf}, []map[string]string{enabled},
			nil, []string{"rules a and b both match Security Hub Findings - Imported of KMS.4, which counts once"}},
		"clicks twice": {false, map[string]string{"a": click, "b": click}, []map[string]string{disabled},
			nil, []string{"rules a and b both match Findings Imported V2 (In Progress) of KMS.4, which counts once"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a := well
			if tc.noV2 {
				a = well.with(answers{hubV2: "ResourceNotFoundException"})
			}
			var problems, twice []string
			for _, r := range a.deployment(t).Routing(t.Context(), tc.rules, tc.playbooks...) {
				if r.Status == doctor.Problem && r.Fix != "" {
					problems = append(problems, r.Found)
				} else if r.Found != "" {
					twice = append(twice, r.Found)
				}
			}
			if strings.Join(problems, "\n") != strings.Join(tc.wants, "\n") || !slices.Equal(twice, tc.twice) {
				t.Errorf("problems %q, want %q; sent twice %q, want %q", problems, tc.wants, twice, tc.twice)
			}
		})
	}
}

// groupOf returns the parameter of a group whose only control this is.
func groupOf(t *testing.T, control string) string {
	t.Helper()
	for _, p := range catalog.Embedded().Playbooks {
		if g, ok := p.GroupOf(control); ok && len(g.Controls) == 1 {
			return g.Parameter()
		}
	}
	t.Fatalf("no group with %s only", control)
	return ""
}
