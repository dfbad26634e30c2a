package ssm

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

	"hubmend/internal/lab/apicall"
)

// documentAPIs are the calls about documents. moto answers those about documents of other types.
var documentAPIs = map[string]func(*Automation, apicall.Request) (any, error){
	"CreateDocument": func(s *Automation, q apicall.Request) (any, error) { return apicall.DecodeAnd(q, s.createAPI) },
	"UpdateDocument": func(s *Automation, q apicall.Request) (any, error) { return apicall.DecodeAnd(q, s.updateAPI) },
	"UpdateDocumentDefaultVersion": func(s *Automation, q apicall.Request) (any, error) {
		return apicall.DecodeAnd(q, s.updateDefaultAPI)
	},
	"DeleteDocument": func(s *Automation, q apicall.Request) (any, error) {
		return apicall.DecodeAnd(q,
			s.deleteAPI)
	},
	"DescribeDocument": func(s *Automation, q apicall.Request) (any, error) {
		return apicall.DecodeAnd(q,
			s.describeDocument)
	},
	"GetDocument": func(s *Automation, q apicall.Request) (any, error) {
		return apicall.DecodeAnd(q,
			s.getDocument)
	},
	"ListDocumentVersions": func(s *Automation, q apicall.Request) (any, error) {
		return apicall.DecodeAnd(q,
			s.listVersions)
	},
}

// automationType is the DocumentType of runbooks.
const automationType = "Automation"

type documentInput struct {
	Name, Content, DocumentType, DocumentFormat, DocumentVersion string
	Tags                                                         []any
}

// ownsDocument reports whether a call is about an Automation document.
func (s *Automation) ownsDocument(q apicall.Request) bool {
	var in documentInput
	if json.Unmarshal(q.Body, &in) != nil {
		return false
	}
	if q.API == "CreateDocument" {
		return in.DocumentType == automationType
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.documents[s.named(q, in.Name)] != nil
}

// Serves reports whether Serve answers a call. moto answers all others.
func (*Automation) Serves(q apicall.Request) bool {
	return automationAPIs[q.API] != nil || documentAPIs[q.API] != nil || q.API == "ListDocuments"
}

// Serve answers a call for which Serves is true.
func (s *Automation) Serve(moto http.Handler, w http.ResponseWriter, r *http.Request, q apicall.Request) {
	r.Header.Set("X-Moto-Account-Id", q.Caller.Account)
	switch {
	case automationAPIs[q.API] != nil:
		apicall.Answer(w, "json", func(q apicall.Request) (any, error) { return automationAPIs[q.API](s, q) }, q)
	case documentAPIs[q.API] != nil:
		s.serveDocument(moto, w, r, q)
	default:
		s.serveListDocuments(moto, w, r, q)
	}
}

// serveDocument answers a call about a document. It forwards those about documents of other types to moto.
func (s *Automation) serveDocument(moto http.Handler, w http.ResponseWriter, r *http.Request, q apicall.Request) {
	if s.ownsDocument(q) {
		apicall.Answer(w, "json", func(q apicall.Request) (any, error) { return documentAPIs[q.API](s, q) }, q)
		return
	}
	held := apicall.NewHeld()
	moto.ServeHTTP(held, r)
	var in documentInput
	if bytes.Contains(held.Body.Bytes(), []byte(`"InvalidDocument"`)) && json.Unmarshal(q.Body, &in) == nil &&
		in.Name != "" {
		apicall.WriteError(w, "json", noDocument(in.Name)) // moto does not name it
		return
	}
	held.Send(w)
}

// named gives the id of the document of a name or an ARN.
func (s *Automation) named(q apicall.Request, name string) documentID {
	prefix := "arn:" + s.lab.Partition + ":ssm:" + q.Region + ":" + q.Caller.Account + ":document/"
	return documentID{q.Place(), strings.TrimPrefix(name, prefix)}
}

// findVersion gives the document and the version of a call. The caller holds the mutex.
func (s *Automation) findVersion(q apicall.Request, in documentInput) (*document, documentVersion, error) {
	d := s.documents[s.named(q, in.Name)]
	if d == nil {
		return nil, documentVersion{}, noDocument(in.Name)
	}
	v, ok := d.version(in.DocumentVersion)
	if !ok {
		return nil, v, apicall.Refuse("InvalidDocumentVersion", "The document %s has no version %s", in.Name,
			in.DocumentVersion)
	}
	return d, v, nil
}

func (s *Automation) createAPI(q apicall.Request, in documentInput) (any, error) {
	id := documentID{q.Place(), in.Name}
	d, err := s.createDocument(id, source{in.Content, cmp.Or(in.DocumentFormat, "JSON")})
	if err != nil {
		return nil, err
	}
	return map[string]any{"DocumentDescription": d.describe(id, d.latest())}, nil
}

func (s *Automation) updateAPI(q apicall.Request, in documentInput) (any, error) {
	s.mu.Lock()
	d, v, err := s.findVersion(q, in)
	s.mu.Unlock()
	if err != nil {
		return nil, err
	}
	if v.number != d.latest().number { // "$LATEST" is what the console and the SDKs' examples say
		return nil, apicall.Refuse("InvalidDocumentVersion",
			"Version %d is not the latest of %s. An update is of $LATEST.",
			v.number, in.Name)
	}
	d, err = s.addVersion(s.named(q, in.Name), source{in.Content, cmp.Or(in.DocumentFormat, v.format)}, false)
	if err != nil {
		return nil, err
	}
	return map[string]any{"DocumentDescription": d.describe(s.named(q, in.Name), d.latest())}, nil
}

func (s *Automation) updateDefaultAPI(q apicall.Request, in documentInput) (any, error) {
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
func (s *Automation) deleteAPI(q apicall.Request, in documentInput) (any, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	d, v, err := s.findVersion(q, in)
	switch {
	case err != nil:
		return nil, err
	case in.DocumentVersion == "":
		delete(s.documents, s.named(q, in.Name))
	case v.number == d.standard:
		return nil, apicall.Refuse("InvalidDocumentOperation", "Version %d is the default of %s and cannot be deleted",
			v.number, in.Name)
	default:
		d.versions = slices.DeleteFunc(d.versions, func(one documentVersion) bool { return one.number == v.number })
	}
	return map[string]any{}, nil
}

func (s *Automation) describeDocument(q apicall.Request, in documentInput) (any, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	d, v, err := s.findVersion(q, in)
	if err != nil {
		return nil, err
	}
	return map[string]any{"Document": d.describe(s.named(q, in.Name), v)}, nil
}

func (s *Automation) getDocument(q apicall.Request, in documentInput) (any, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	_, v, err := s.findVersion(q, in)
	if err != nil {
		return nil, err
	}
	if in.DocumentFormat != "" && in.DocumentFormat != v.format {
		return nil, &apicall.Error{Status: http.StatusNotImplemented, Code: "NotImplemented",
			Message: "the lab gives a document only in the format in which it was written, " + v.format}
	}
	return map[string]any{
		"Name": s.named(q, in.Name).name, "Content": v.text, "DocumentFormat": v.format, "DocumentType": automationType,
		"DocumentVersion": strconv.Itoa(v.number), "Status": "Active", "CreatedDate": apicall.Epoch(v.created),
	}, nil
}

func (s *Automation) listVersions(q apicall.Request, in documentInput) (any, error) {
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
			"DocumentFormat":   v.format, "Status": "Active", "CreatedDate": apicall.Epoch(v.created),
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
		"Name": id.name, "Owner": id.Account, "CreatedDate": apicall.Epoch(v.created),
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

// serveListDocuments lists the Automation documents together with those of moto.
func (s *Automation) serveListDocuments(moto http.Handler, w http.ResponseWriter, r *http.Request, q apicall.Request) {
	var in listDocumentsInput
	if err := json.Unmarshal(q.Body, &in); err != nil {
		apicall.WriteError(w, "json", apicall.Refuse("ValidationException", "%v", err))
		return
	}
	wanted, err := s.matching(q.Place(), in)
	if err != nil {
		apicall.WriteError(w, "json", err)
		return
	}
	page, token := in.MaxResults, in.NextToken
	in.MaxResults, in.NextToken = allDocuments, ""
	body, _ := json.Marshal(in) // was decoded from JSON
	r.Body, r.ContentLength = io.NopCloser(bytes.NewReader(body)), int64(len(body))
	held := apicall.NewHeld()
	moto.ServeHTTP(held, r)
	var others struct{ DocumentIdentifiers []map[string]any }
	if held.Status != http.StatusOK || json.Unmarshal(held.Body.Bytes(), &others) != nil {
		held.Send(w)
		return
	}
	all := append(others.DocumentIdentifiers, wanted...)
	slices.SortFunc(all, func(a, b map[string]any) int {
		return cmp.Compare(apicall.Text(a["Name"]),
			apicall.Text(b["Name"]))
	})
	apicall.Answer(w, "json", func(apicall.Request) (any, error) {
		return pageOfDocuments(all, cmp.Or(page, 10),
			token)
	}, q)
}

func pageOfDocuments(all []map[string]any, size int, token string) (any, error) {
	from, err := strconv.Atoi(cmp.Or(token, "0"))
	if err != nil || from < 0 || from > len(all) {
		return nil, apicall.Refuse("InvalidNextToken", "the lab gave no token %s", token)
	}
	to := min(from+size, len(all))
	out := map[string]any{"DocumentIdentifiers": append([]map[string]any{}, all[from:to]...)}
	if to < len(all) {
		out["NextToken"] = strconv.Itoa(to)
	}
	return out, nil
}

// matching gives the Automation documents that match all filters.
func (s *Automation) matching(at apicall.Place, in listDocumentsInput) ([]map[string]any, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	found := []map[string]any{}
	for id, d := range s.documents {
		if id.Place != at {
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
		return slices.Contains(values, apicall.Text(one["Name"])), nil
	case "DocumentType":
		return slices.Contains(values, automationType), nil
	case "PlatformTypes":
		platforms, _ := one["PlatformTypes"].([]string)
		return slices.ContainsFunc(values, func(v string) bool { return slices.Contains(platforms, v) }), nil
	}
	return false, apicall.Refuse("InvalidFilterKey", "the lab does not filter documents by %s", key)
}
