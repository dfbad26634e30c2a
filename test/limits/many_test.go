package limits_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"

	"hubmend/internal/build/templates"
	"hubmend/internal/catalog"
	"hubmend/internal/engine/naming"
	"hubmend/test/limits"
)

// documents is how many the templates have to be good for: a repair and an undo for each control
// that Security Hub has, and room for more.
const documents = 700

// multiplied are as many runbooks as are asked for, each like one of the catalog, and which one.
func multiplied(documents int) (many []catalog.Runbook, like map[string]string) {
	real := catalog.Embedded().Runbooks
	like = map[string]string{}
	for i := range documents {
		r := copied(real[i%len(real)], i/len(real))
		many, like[r.Name] = append(many, r), real[i%len(real)].Name
	}
	return many, like
}

// grown are the runbooks of the catalog with further settings, as most new runbooks are.
func grown(documents int) (many []catalog.Runbook, like map[string]string) {
	real := catalog.Embedded().Runbooks
	settings := slices.DeleteFunc(slices.Clone(real), func(r catalog.Runbook) bool { return !r.IsSetting() })
	many, like = multiplied(len(real))
	for i := range documents - len(real) {
		r := copied(settings[i%len(settings)], 1+i/len(settings))
		many, like[r.Name] = append(many, r), settings[i%len(settings)].Name
	}
	return many, like
}

// copied is a runbook with a name of its own. Its program has that too, because others do not share it.
func copied(original catalog.Runbook, n int) catalog.Runbook {
	number := fmt.Sprintf("%03d", n)
	r := catalog.Runbook{Name: original.Name + number, Text: original.Text, Document: original.Document}
	for _, piece := range original.Pieces {
		if _, program := catalog.Embedded().Runbook(piece.Name); program {
			piece.Name += number
		}
		r.Pieces = append(r.Pieces, piece)
	}
	return r
}

// inParts returns the member templates of a kind for many runbooks: what does not belong to one is
// in the first part.
func inParts(t *testing.T, stack, kind, property string, parts []catalog.Part,
	like map[string]string) map[string]limits.Template {
	t.Helper()
	original := kept(t)[stack]
	of, rest := map[string]limits.Resource{}, map[string]limits.Resource{}
	for id, r := range original.Resources {
		name, _ := r.Properties[property].(string)
		if _, is := catalog.Embedded().Runbook(strings.TrimPrefix(name, naming.Prefix)); is && r.Type == kind {
			of[strings.TrimPrefix(name, naming.Prefix)] = r
		} else {
			rest[id] = r
		}
	}
	all := map[string]limits.Template{}
	for _, part := range parts {
		template := limits.Template{Description: original.Description, Resources: map[string]limits.Resource{}}
		if part.Number == 1 {
			template.Parameters, template.Resources = original.Parameters, maps.Clone(rest)
		}
		for _, r := range part.Runbooks {
			resource := of[like[r.Name]]
			resource.Properties = maps.Clone(resource.Properties)
			resource.Properties[property] = naming.Prefix + r.Name
			if stack == naming.MemberRunbooksStack {
				share(&template, resource.Properties, r)
			}
			template.Resources[r.Name+"0123ABCD"] = resource // with the ending that the CDK gives an id
		}
		all[naming.Part(stack, part.Number)] = again(t, template)
	}
	return all
}

// share gives a document its content, and the template the texts that the document shares with others.
func share(template *limits.Template, document object, r catalog.Runbook) {
	if template.Mappings == nil {
		template.Mappings = map[string]object{"Shared": {}}
	}
	content, _ := document["Content"].(object)
	join, _ := content["Fn::Join"].([]any)
	pieces, _ := join[1].([]any)
	pieces = slices.Clone(pieces)
	for i, piece := range r.Pieces {
		if piece.Name != "" {
			template.Mappings["Shared"][piece.Name] = object{"Text": piece.Text}
			pieces[i] = object{"Fn::FindInMap": []any{"Shared", piece.Name, "Text"}}
		}
	}
	document["Content"] = object{"Fn::Join": []any{"", pieces}}
}

// again writes a template as it is deployed, and reads it, so that its size is known.
func again(t *testing.T, template limits.Template) limits.Template {
	t.Helper()
	text, err := json.Marshal(template)
	if err == nil {
		text, err = templates.Format(text)
	}
	if err == nil {
		template, err = limits.Parse(text)
	}
	if err != nil {
		t.Fatal(err)
	}
	return template
}

func memberTemplates(t *testing.T, parts []catalog.Part, like map[string]string) map[string]limits.Template {
	t.Helper()
	all := inParts(t, naming.MemberRolesStack, "AWS::IAM::Role", "RoleName", parts, like)
	maps.Copy(all, inParts(t, naming.MemberRunbooksStack, "AWS::SSM::Document", "Name", parts, like))
	return all
}

func TestMemberStacksFitManyDocuments(t *testing.T) {
	t.Parallel()
	many, like := multiplied(documents)
	parts := (&catalog.Catalog{Runbooks: many}).Parts()
	templates := memberTemplates(t, parts, like)
	found := 0
	for name, template := range templates {
		for _, r := range template.Resources {
			if r.Type == "AWS::SSM::Document" {
				found++
			}
		}
		complain(t, limits.Measure(name, template))
	}
	if found != documents {
		t.Errorf("the templates have %d documents, want %d", found, documents)
	}
	t.Logf("%d documents are %d parts", documents, len(parts))
}

// The benchmarks' controls are about 120 documents. Their templates have a limit of our own: larger ones take long to
// upload, and hard to read.
func TestMemberTemplatesAreSmall(t *testing.T) {
	t.Parallel()
	const documents, mostBytes, mostResources = 120, 700_000, 300
	many, like := grown(documents)
	parts := (&catalog.Catalog{Runbooks: many}).Parts()
	bytes, resources := 0, 0
	for name, template := range memberTemplates(t, parts, like) {
		complain(t, limits.Measure(name, template))
		bytes, resources = bytes+template.Size(), resources+len(template.Resources)
	}
	t.Logf("%d documents: %d bytes and %d resources in %d parts", documents, bytes, resources, len(parts))
	if bytes > mostBytes || resources > mostResources || len(parts) > 1 {
		t.Errorf("want at most %d bytes and %d resources in one part", mostBytes, mostResources)
	}
}

// One template cannot hold them, which is why there are parts.
func TestOneTemplateDoesNotFitManyDocuments(t *testing.T) {
	t.Parallel()
	many, like := multiplied(documents)
	for name, template := range memberTemplates(t, []catalog.Part{{Number: 1, Runbooks: many}}, like) {
		excess := strings.Join(limits.Excess(limits.Measure(name, template)), "\n")
		for _, limit := range []limits.Limit{limits.Resources, limits.TemplateSize} {
			if !strings.Contains(excess, limit.Name) {
				t.Errorf("%s: %q, want too many %s", name, excess, limit.Name)
			}
		}
	}
}

// A policy that lists what may be started cannot hold them either, which is why hubmend-dispatch
// names a prefix.
func TestListOfDocumentsDoesNotFit(t *testing.T) {
	t.Parallel()
	many, _ := multiplied(documents)
	var resources []any
	for _, r := range many[:50] {
		resources = append(resources,
			object{"Fn::Sub": "arn:${AWS::Partition}:ssm:*:${AWS::AccountId}:document/" + naming.Document(r.Name)},
			object{"Fn::Sub": "arn:${AWS::Partition}:iam::${AWS::AccountId}:role/" + naming.RunbookRole(r.Name)})
	}
	template := limits.Template{
		Resources: map[string]limits.Resource{"DispatchRole": {Type: "AWS::IAM::Role", Properties: object{
			"Policies": []any{object{"PolicyDocument": object{"Statement": []any{object{"Resource": resources}}}}},
		}}}}
	if excess := limits.Excess(limits.Measure("t", template)); len(excess) != 1 ||
		!strings.Contains(excess[0], limits.RolePolicies.Name) {
		t.Errorf("%q, want that 50 documents and roles are too much for a policy", excess)
	}
}

// The resources of each kind fit the account's limits, or docs/deployment.md explains that the quota must be raised
// before so many controls are deployed.
func TestAccountFitsManyDocuments(t *testing.T) {
	t.Parallel()
	many, like := multiplied(documents)
	parts := (&catalog.Catalog{Runbooks: many}).Parts()
	roles, rules, actions := 0, 1, 0
	all := kept(t)
	maps.Copy(all, memberTemplates(t, parts, like))
	for _, template := range all { // the administrator's account is a member too
		for _, r := range template.Resources {
			if r.Type == "AWS::IAM::Role" {
				roles++
			}
		}
	}
	for _, playbook := range catalog.Embedded().Playbooks {
		actions += len(playbook.CustomActions())
		rules += 2 * len(playbook.CustomActions()) // at least
	}
	documentation, err := os.ReadFile("../../docs/deployment.md")
	if err != nil {
		t.Fatal(err)
	}
	const admin, rollout = 1, 1
	for _, u := range []limits.Use{
		{Limit: limits.Roles, N: roles}, {Limit: limits.Documents, N: documents},
		// Every playbook may be launched.
		{Limit: limits.Rules, N: rules}, {Limit: limits.CustomActions, N: actions},
		{Limit: limits.Products, N: len(catalog.Embedded().Playbooks)},
		{Limit: limits.StackSets, N: 2 * len(parts)},
		{Limit: limits.Stacks, N: admin + rollout + 2*len(parts) + len(catalog.Embedded().Playbooks)},
	} {
		told := u.Quota != "" && strings.Contains(string(documentation), u.Name)
		if u.N > u.Room() && !told {
			t.Errorf("%d %s; AWS allows %d, and docs/deployment.md does not say that more are needed", u.N, u.Name,
				u.Most)
		}
	}
}

// A template has a document in pieces. Systems Manager gets it whole, and its limit counts the parameters too.
func TestWholeDocumentsFit(t *testing.T) {
	t.Parallel()
	for _, r := range catalog.Embedded().Runbooks {
		document := limits.Resource{Type: "AWS::SSM::Document", Properties: object{"Content": string(r.Text)}}
		complain(t, limits.Measure(r.Name,
			limits.Template{Resources: map[string]limits.Resource{"Document": document}}))
	}
}

func TestNamesLeaveRoomForTheirPrefix(t *testing.T) {
	t.Parallel()
	for _, r := range catalog.Embedded().Runbooks {
		for _, u := range []limits.Use{
			{Limit: limits.RoleName, Of: r.Name, N: len(naming.RunbookRole(r.Name))},
			{Limit: limits.DocumentName, Of: r.Name, N: len(naming.Document(r.Name))},
		} {
			complain(t, []limits.Use{u})
		}
	}
}
