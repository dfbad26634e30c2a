package ssm

import (
	"encoding/json"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"hubmend/internal/catalog/runbook"
	"hubmend/internal/lab/apicall"
)

// document is an Automation document with all its versions.
type document struct {
	versions []documentVersion // in the order in which they were made; never empty
	standard int               // the number of the default version
}

// documentVersion is a version of a document.
type documentVersion struct {
	number       int
	content      *runbook.Document
	text, format string
	created      time.Time
}

// Systems Manager's limits on documents.
const (
	maxDocument  = 64 << 10 // bytes; the parameters of an execution count too
	maxDocuments = 500      // in an account and Region
	maxVersions  = 1000
)

// source is the text of a document, in JSON or YAML.
type source struct{ text, format string }

// read parses a document and refuses what Systems Manager refuses.
func (d source) read() (*runbook.Document, error) {
	if len(d.text) > maxDocument {
		return nil, apicall.Refuse("MaxDocumentSizeExceeded",
			"The size of the document content is %d bytes. It must not exceed 64 KB.", len(d.text))
	}
	content, err := parse(d.text)
	if err != nil {
		return nil, apicall.Refuse("InvalidDocumentContent", "%v", err)
	}
	if content.SchemaVersion != runbook.SchemaVersion {
		return nil, apicall.Refuse("InvalidDocumentSchemaVersion",
			"An Automation document has schemaVersion %s, not %q",
			runbook.SchemaVersion, content.SchemaVersion)
	}
	if refusals := content.Refusals(); len(refusals) > 0 {
		return nil, apicall.Refuse("InvalidDocumentContent", "%v", refusals[0])
	}
	return content, nil
}

// parsed caches documents by their text, for all labs of the process. A lab has each document in every account and
// Region, and parsing them took a quarter of the time of a deployment. A parsed document never changes.
var parsed sync.Map

func parse(text string) (*runbook.Document, error) {
	if known, ok := parsed.Load(text); ok {
		return known.(*runbook.Document), nil //nolint:forcetypeassert // nothing else is stored
	}
	content, err := runbook.Parse([]byte(text))
	if err == nil {
		parsed.Store(text, content)
	}
	return content, err
}

// createDocument stores a new document.
func (s *Automation) createDocument(id documentID, from source) (*document, error) {
	content, err := from.read()
	if err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.documents[id] != nil {
		return nil, apicall.Refuse("DocumentAlreadyExists", "Document with same name %s already exists", id.name)
	}
	if s.countDocuments(id.Place) >= maxDocuments {
		return nil, apicall.Refuse("DocumentLimitExceeded", "You have reached the maximum of %d documents",
			maxDocuments)
	}
	d := &document{standard: 1, versions: []documentVersion{{1, content, from.text, from.format, time.Now()}}}
	s.documents[id] = d
	return d, nil
}

// countDocuments counts the documents of a place. The caller holds the mutex.
func (s *Automation) countDocuments(at apicall.Place) int {
	n := 0
	for id := range s.documents {
		if id.Place == at {
			n++
		}
	}
	return n
}

// addVersion stores a new version of a document. A version from CloudFormation becomes the default, and one from the
// API does not.
func (s *Automation) addVersion(id documentID, from source, standard bool) (*document, error) {
	content, err := from.read()
	if err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	d := s.documents[id]
	if d == nil {
		return nil, noDocument(id.name)
	}
	latest := d.latest()
	switch {
	case latest.text == from.text && standard:
		return d, nil
	case latest.text == from.text:
		return nil, apicall.Refuse("DuplicateDocumentContent",
			"The content of the document %s matches its version %d. Change the content and try again.", id.name,
			latest.number)
	case len(d.versions) >= maxVersions:
		return nil, apicall.Refuse("DocumentVersionLimitExceeded", "The document %s has %d versions", id.name,
			maxVersions)
	}
	d.versions = append(d.versions, documentVersion{latest.number + 1, content, from.text, from.format, time.Now()})
	if standard {
		d.standard = latest.number + 1
	}
	return d, nil
}

func noDocument(name string) error {
	return apicall.Refuse("InvalidDocument", "Document with name %s does not exist.", name)
}

func (d *document) latest() documentVersion { return d.versions[len(d.versions)-1] }

// version finds a version by its number, $DEFAULT or $LATEST. Without a name it is the default.
func (d *document) version(name string) (documentVersion, bool) {
	number, err := strconv.Atoi(name)
	switch name {
	case "", "$DEFAULT":
		number, err = d.standard, nil
	case "$LATEST":
		return d.latest(), true
	}
	i := slices.IndexFunc(d.versions, func(v documentVersion) bool { return v.number == number })
	if err != nil || i < 0 {
		return documentVersion{}, false
	}
	return d.versions[i], true
}

// started finds the document and version of StartAutomationExecution.
func (s *Automation) started(at apicall.Place, in startInput) (name string, v documentVersion, err error) {
	prefix := "arn:" + s.lab.Partition + ":ssm:" + at.Region + ":" + at.Account + ":document/"
	name = strings.TrimPrefix(in.DocumentName, prefix)
	s.mu.Lock()
	defer s.mu.Unlock()
	d := s.documents[documentID{at, name}]
	if d == nil {
		return name, v, apicall.Refuse("AutomationDefinitionNotFoundException", "Document with name %s not found",
			in.DocumentName)
	}
	v, ok := d.version(in.DocumentVersion)
	if !ok {
		return name, v, apicall.Refuse("AutomationDefinitionVersionNotFoundException", "Document %s has no version %s",
			name,
			in.DocumentVersion)
	}
	parameters, err := json.Marshal(in.Parameters)
	if err == nil && len(v.text)+len(parameters) > maxDocument {
		err = apicall.Refuse("InvalidAutomationExecutionParametersException",
			"The content of the document %s has %d bytes and the parameters have %d. Together they must not "+
				"exceed 64 KB.",
			name, len(v.text), len(parameters))
	}
	return name, v, err
}

// Wiring lists what templates created, as type and name.
func (s *Automation) Wiring() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	var all []string
	for id := range s.documents {
		all = append(all, "AWS::SSM::Document "+id.name)
	}
	return all
}
