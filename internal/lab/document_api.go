package lab

import (
	"bytes"
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"
)

// documentAPIs are the calls about documents. Those about a document that is none of Automation are for
// moto, which runs no document and keeps all kinds.
var documentAPIs = map[string]func(*ssmAutomation, request) (any, error){
	"CreateDocument": func(s *ssmAutomation, q request) (any, error) { return decodeAnd(q, s.createAPI) },
	"UpdateDocument": func(s *ssmAutomation, q request) (any, error) { return decodeAnd(q, s.updateAPI) },
	"UpdateDocumentDefaultVersion": func(s *ssmAutomation, q request) (any, error) {
		return decodeAnd(q, s.updateDefaultAPI)
	},
	"DeleteDocument":       func(s *ssmAutomation, q request) (any, error) { return decodeAnd(q, s.deleteAPI) },
	"DescribeDocument":     func(s *ssmAutomation, q request) (any, error) { return decodeAnd(q, s.describeDocument) },
	"GetDocument":          func(s *ssmAutomation, q request) (any, error) { return decodeAnd(q, s.getDocument) },
	"ListDocumentVersions": func(s *ssmAutomation, q request) (any, error) { return decodeAnd(q, s.listVersions) },
}

// automationType is the DocumentType of what StartAutomationExecution runs.
const automationType = "Automation"

type documentInput struct {
	Name, Content, DocumentType, DocumentFormat, DocumentVersion string
	Tags                                                         []any
}

// ownsDocument says whether a call is about an Automation document, or moto's to answer.
func (s *ssmAutomation) ownsDocument(q request) bool {
	var in documentInput
	if json.Unmarshal(q.body, &in) != nil {
		return false
	}
	if q.api == "CreateDocument" {
		return in.DocumentType == automationType
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.documents[s.named(q, in.Name)] != nil
}

// serves says whether the lab answers a call of Systems Manager itself, or with the help of moto.
func (*ssmAutomation) serves(q request) bool {
	return automationAPIs[q.api] != nil || documentAPIs[q.api] != nil || q.api == "ListDocuments"
}

func (s *ssmAutomation) serve(moto http.Handler, w http.ResponseWriter, r *http.Request, q request) {
	r.Header.Set("X-Moto-Account-Id", q.caller.Account)
	switch {
	case automationAPIs[q.api] != nil:
		answer(w, "json", func(q request) (any, error) { return automationAPIs[q.api](s, q) }, q)
	case documentAPIs[q.api] != nil:
		s.serveDocument(moto, w, r, q)
	default:
		s.serveListDocuments(moto, w, r, q)
	}
}

// serveDocument answers a call about a document: one of Automation itself, and any other with what moto has.
func (s *ssmAutomation) serveDocument(moto http.Handler, w http.ResponseWriter, r *http.Request, q request) {
	if s.ownsDocument(q) {
		answer(w, "json", func(q request) (any, error) { return documentAPIs[q.api](s, q) }, q)
		return
	}
	held := newHeld()
	moto.ServeHTTP(held, r)
	var in documentInput
	if bytes.Contains(held.body.Bytes(), []byte(`"InvalidDocument"`)) && json.Unmarshal(q.body, &in) == nil &&
		in.Name != "" {
		writeError(w, "json", noDocument(in.Name)) // moto does not say which
		return
	}
	held.send(w)
}

// named is the document of the caller that a name or an ARN is about.
func (s *ssmAutomation) named(q request, name string) documentID {
	prefix := "arn:" + s.lab.partition + ":ssm:" + q.region + ":" + q.caller.Account + ":document/"
	return documentID{q.place(), strings.TrimPrefix(name, prefix)}
}

// findVersion gives the document and the version that a call is about. It is called under the mutex.
func (s *ssmAutomation) findVersion(q request, in documentInput) (*document, documentVersion, error) {
	d := s.documents[s.named(q, in.Name)]
	if d == nil {
		return nil, documentVersion{}, noDocument(in.Name)
	}
	v, ok := d.version(in.DocumentVersion)
	if !ok {
		return nil, v, refuse("InvalidDocumentVersion", "The document %s has no version %s", in.Name,
			in.DocumentVersion)
	}
	return d, v, nil
}

func (s *ssmAutomation) createAPI(q request, in documentInput) (any, error) {
	id := documentID{q.place(), in.Name}
	d, err := s.createDocument(id, source{in.Content, cmp.Or(in.DocumentFormat, "JSON")})
	if err != nil {
		return nil, err
	}
	return map[string]any{"DocumentDescription": d.describe(id, d.latest())}, nil
}

func (s *ssmAutomation) updateAPI(q request, in documentInput) (any, error) {
	s.mu.Lock()
	d, v, err := s.findVersion(q, in)
	s.mu.Unlock()
	if err != nil {
		return nil, err
	}
	if v.number != d.latest().number { // "$LATEST" is what the console and the SDKs' examples say
		return nil, refuse("InvalidDocumentVersion", "Version %d is not the latest of %s. An update is of $LATEST.",
			v.number, in.Name)
	}
	d, err = s.addVersion(s.named(q, in.Name), source{in.Content, cmp.Or(in.DocumentFormat, v.format)}, false)
	if err != nil {
		return nil, err
	}
	return map[string]any{"DocumentDescription": d.describe(s.named(q, in.Name), d.latest())}, nil
}

func (s *ssmAutomation) updateDefaultAPI(q request, in documentInput) (any, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	d, v, err := s.findVersion(q, in)
	if err != nil {
		return nil, err
	}
	d.standard = v.number
	return map[string]any{"Description": map[string]string{"Name": in.Name, "DefaultVersion": strconv.Itoa(v.number)}},
		nil
}

// deleteAPI deletes a document, or one of its versions that is not the default.
func (s *ssmAutomation) deleteAPI(q request, in documentInput) (any, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	d, v, err := s.findVersion(q, in)
	switch {
	case err != nil:
		return nil, err
	case in.DocumentVersion == "":
		delete(s.documents, s.named(q, in.Name))
	case v.number == d.standard:
		return nil, refuse("InvalidDocumentOperation", "Version %d is the default of %s and cannot be deleted",
			v.number, in.Name)
	default:
		d.versions = slices.DeleteFunc(d.versions, func(one documentVersion) bool { return one.number == v.number })
	}
	return map[string]any{}, nil
}

func (s *ssmAutomation) describeDocument(q request, in documentInput) (any, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	d, v, err := s.findVersion(q, in)
	if err != nil {
		return nil, err
	}
	return map[string]any{"Document": d.describe(s.named(q, in.Name), v)}, nil
}

func (s *ssmAutomation) getDocument(q request, in documentInput) (any, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	_, v, err := s.findVersion(q, in)
	if err != nil {
		return nil, err
	}
	if in.DocumentFormat != "" && in.DocumentFormat != v.format {
		return nil, &apiError{http.StatusNotImplemented, "NotImplemented",
			"the lab gives a document only in the format in which it was written, " + v.format}
	}
	return map[string]any{
		"Name": s.named(q, in.Name).name, "Content": v.text, "DocumentFormat": v.format, "DocumentType": automationType,
		"DocumentVersion": strconv.Itoa(v.number), "Status": "Active", "CreatedDate": epoch(v.created),
	}, nil
}

func (s *ssmAutomation) listVersions(q request, in documentInput) (any, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	d, _, err := s.findVersion(q, in)
	if err != nil {
		return nil, err
	}
	list := []any{}
	for _, v := range slices.Backward(d.versions) {
		list = append(list, map[string]any{
			"Name": s.named(q, in.Name).name, "DocumentVersion": strconv.Itoa(v.number),
			"IsDefaultVersion": v.number == d.standard,
			"DocumentFormat":   v.format, "Status": "Active", "CreatedDate": epoch(v.created),
		})
	}
	return map[string]any{"DocumentVersions": list}, nil
}

// describe gives a version as DescribeDocument does.
func (d *document) describe(id documentID, v documentVersion) map[string]any {
	parameters := []any{}
	for _, name := range slices.Sorted(maps.Keys(v.content.Parameters)) {
		p := v.content.Parameters[name]
		one := map[string]any{"Name": name, "Type": p.Type, "Description": p.Description}
		if p.Default != nil {
			one["DefaultValue"] = fmt.Sprint(p.Default)
		}
		parameters = append(parameters, one)
	}
	sum := sha256.Sum256([]byte(v.text))
	out := d.identify(id, v)
	out["Hash"], out["HashType"] = hex.EncodeToString(sum[:]), "Sha256"
	out["Description"], out["Parameters"], out["Status"] = v.content.Description, parameters, "Active"
	out["LatestVersion"], out["DefaultVersion"] = strconv.Itoa(d.latest().number), strconv.Itoa(d.standard)
	return out
}

// identify gives a version as ListDocuments does.
func (d *document) identify(id documentID, v documentVersion) map[string]any {
	return map[string]any{
		"Name": id.name, "Owner": id.account, "CreatedDate": epoch(v.created),
		"DocumentVersion": strconv.Itoa(v.number),
		"DocumentType":    automationType, "DocumentFormat": v.format, "SchemaVersion": v.content.SchemaVersion,
		"PlatformTypes": []string{"Windows", "Linux", "MacOS"}, "Tags": []any{},
	}
}

type listDocumentsInput struct {
	Filters []struct {
		Key    string
		Values []string
	}
	DocumentFilterList []any `json:",omitempty"`
	MaxResults         int
	NextToken          string
}

// allDocuments is more than moto has in an account and Region.
const allDocuments = 100_000

// serveListDocuments lists the Automation documents, and beside them those of moto.
func (s *ssmAutomation) serveListDocuments(moto http.Handler, w http.ResponseWriter, r *http.Request, q request) {
	var in listDocumentsInput
	if err := json.Unmarshal(q.body, &in); err != nil {
		writeError(w, "json", refuse("ValidationException", "%v", err))
		return
	}
	wanted, err := s.matching(q.place(), in)
	if err != nil {
		writeError(w, "json", err)
		return
	}
	page, token := in.MaxResults, in.NextToken
	in.MaxResults, in.NextToken = allDocuments, ""
	body, _ := json.Marshal(in) // was decoded from JSON
	r.Body, r.ContentLength = io.NopCloser(bytes.NewReader(body)), int64(len(body))
	held := newHeld()
	moto.ServeHTTP(held, r)
	var others struct{ DocumentIdentifiers []map[string]any }
	if held.status != http.StatusOK || json.Unmarshal(held.body.Bytes(), &others) != nil {
		held.send(w)
		return
	}
	all := append(others.DocumentIdentifiers, wanted...)
	slices.SortFunc(all, func(a, b map[string]any) int { return cmp.Compare(text(a["Name"]), text(b["Name"])) })
	answer(w, "json", func(request) (any, error) { return pageOfDocuments(all, cmp.Or(page, 10), token) }, q)
}

func pageOfDocuments(all []map[string]any, size int, token string) (any, error) {
	from, err := strconv.Atoi(cmp.Or(token, "0"))
	if err != nil || from < 0 || from > len(all) {
		return nil, refuse("InvalidNextToken", "the lab gave no token %s", token)
	}
	to := min(from+size, len(all))
	out := map[string]any{"DocumentIdentifiers": append([]map[string]any{}, all[from:to]...)}
	if to < len(all) {
		out["NextToken"] = strconv.Itoa(to)
	}
	return out, nil
}

// matching gives the Automation documents that all filters let through.
func (s *ssmAutomation) matching(at place, in listDocumentsInput) ([]map[string]any, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	found := []map[string]any{}
	for id, d := range s.documents {
		if id.place != at {
			continue
		}
		v, _ := d.version("$DEFAULT")
		one, matches := d.identify(id, v), true
		for _, f := range in.Filters {
			ok, err := documentMatches(one, f.Key, f.Values)
			if err != nil {
				return nil, err
			}
			matches = matches && ok
		}
		if matches {
			found = append(found, one)
		}
	}
	return found, nil
}

func documentMatches(one map[string]any, key string, values []string) (bool, error) {
	switch key {
	case "Owner":
		return slices.Contains(values, "Self") || slices.Contains(values, "Private") || slices.Contains(values, "All"),
			nil
	case "Name":
		return slices.Contains(values, text(one["Name"])), nil
	case "DocumentType":
		return slices.Contains(values, automationType), nil
	case "PlatformTypes":
		platforms, _ := one["PlatformTypes"].([]string)
		return slices.ContainsFunc(values, func(v string) bool { return slices.Contains(platforms, v) }), nil
	}
	return false, refuse("InvalidFilterKey", "the lab does not filter documents by %s", key)
}
