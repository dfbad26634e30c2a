// Package exposure reads the exposure findings of the new Security Hub. An exposure says that several findings about
// one resource are dangerous together, and names them.
package exposure

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"hubmend/internal/aws/partition"
)

// Exposure is an exposure finding. Its related findings are untrusted: Hubmend reads each from Security Hub CSPM before
// it does anything about it.
type Exposure struct {
	ID       string    `json:"v2Id"` // metadata.uid
	Title    string    `json:"title,omitempty"`
	Account  string    `json:"account"`
	Region   string    `json:"region,omitempty"`
	Severity string    `json:"severity,omitempty"`
	Status   string    `json:"status,omitempty"` // in the words of the new Security Hub
	Resource string    `json:"resource,omitempty"`
	Related  []Related `json:"-"`
	// More is how many related findings were left out, because there are more than Most.
	More int `json:"more,omitempty"`
}

// Related is a finding that an exposure names.
type Related struct {
	ID    string
	Title string
	// Region is that of the finding when its id is one that Security Hub CSPM gives; empty for findings of other
	// services.
	Region string
}

// Most is how many related findings Hubmend looks at.
const Most = 100

// maxID is the longest id of a finding that BatchUpdateFindings takes. maxText is how much of a text is kept.
const maxID, maxText = 512, 200

// ErrOther is the error of a finding that is not an exposure.
var ErrOther = errors.New("the finding is not an exposure")

// class is Detection Finding in OCSF, of which other products have findings too. product is the name of the one that
// makes exposures.
const class, product = "2004", "Security Hub Exposure Detection"

var (
	productPattern = regexp.MustCompile(`^arn:aws[a-z-]*:securityhub:[a-z0-9-]*::productv2/aws/([a-z-]+)$`)
	findingPattern = regexp.MustCompile(`^arn:(aws[a-z-]*):securityhub:([a-z0-9-]+):(\d{12}):[^\s]+$`)
	accountPattern = regexp.MustCompile(`^\d{12}$`)
)

// document is the part of an exposure that is read. Texts for people may be of any type.
type document struct {
	Class    json.RawMessage `json:"class_uid"`
	Severity json.RawMessage `json:"severity"`
	Status   json.RawMessage `json:"status"`
	Metadata struct {
		UID     string `json:"uid"`
		Product struct {
			UID  string          `json:"uid"`
			Name json.RawMessage `json:"name"`
		} `json:"product"`
	} `json:"metadata"`
	Cloud struct {
		Account struct {
			UID string `json:"uid"`
		} `json:"account"`
		Region json.RawMessage `json:"region"`
	} `json:"cloud"`
	FindingInfo struct {
		Title   json.RawMessage   `json:"title"`
		Related []json.RawMessage `json:"related_events"`
	} `json:"finding_info"`
	Resources json.RawMessage `json:"resources"`
}

// Parse reads an exposure. The error is ErrOther, or says what is wrong with it.
func Parse(raw json.RawMessage) (Exposure, error) {
	var d document
	if err := json.Unmarshal(raw, &d); err != nil {
		return Exposure{}, fmt.Errorf("read the exposure: %w", err)
	}
	if string(bytes.TrimSpace(d.Class)) != class || !d.detected() {
		return Exposure{}, ErrOther
	}
	switch {
	case d.Metadata.UID == "" || len(d.Metadata.UID) > maxID:
		return Exposure{}, errors.New("the exposure has no metadata.uid that can be an id")
	case !accountPattern.MatchString(d.Cloud.Account.UID):
		return Exposure{}, errors.New("the exposure's cloud.account.uid is not 12 digits")
	}
	e := Exposure{ID: d.Metadata.UID, Account: d.Cloud.Account.UID, Region: text(d.Cloud.Region),
		Title: text(d.FindingInfo.Title), Severity: text(d.Severity), Status: text(d.Status),
		Resource: resource(d.Resources)}
	e.relate(d.FindingInfo.Related)
	return e, nil
}

// detected reports whether Security Hub itself made the finding. AWS documents the name of the product that makes
// exposures and not its ARN, so either is enough.
func (d document) detected() bool {
	m := productPattern.FindStringSubmatch(d.Metadata.Product.UID)
	return m != nil && (strings.HasPrefix(m[1], "securityhub") || text(d.Metadata.Product.Name) == product)
}

// relate takes each related finding once, as many as Most.
func (e *Exposure) relate(events []json.RawMessage) {
	seen := map[string]bool{}
	for _, raw := range events {
		var event struct {
			UID   string          `json:"uid"`
			Title json.RawMessage `json:"title"`
		}
		if json.Unmarshal(raw, &event) != nil || event.UID == "" || len(event.UID) > maxID || seen[event.UID] {
			continue
		}
		seen[event.UID] = true
		if len(e.Related) == Most {
			e.More++
			continue
		}
		e.Related = append(e.Related, Related{ID: event.UID, Title: text(event.Title),
			Region: e.regionOf(event.UID)})
	}
}

// regionOf returns the Region of a finding of Security Hub CSPM in the exposure's account, and "" for any other id. An
// exposure is about one resource, so a finding of another account cannot belong to it.
func (e *Exposure) regionOf(id string) string {
	m := findingPattern.FindStringSubmatch(id)
	if m == nil || m[3] != e.Account {
		return ""
	}
	if p, ok := partition.Of(m[2]); !ok || p.Name != m[1] {
		return ""
	}
	return m[2]
}

// Controls returns the ids of the related findings that Security Hub CSPM may have in a Region.
func (e *Exposure) Controls(region string) []string {
	var ids []string
	for _, r := range e.Related {
		if r.Region == region {
			ids = append(ids, r.ID)
		}
	}
	return ids
}

// Regions returns the Regions of the related findings of Security Hub CSPM, each once.
func (e *Exposure) Regions() []string {
	var all []string
	for _, r := range e.Related {
		if r.Region != "" && !slices.Contains(all, r.Region) {
			all = append(all, r.Region)
		}
	}
	return all
}

func resource(raw json.RawMessage) string {
	var all []struct {
		UID json.RawMessage `json:"uid"`
		ARN json.RawMessage `json:"uid_alt"`
	}
	if json.Unmarshal(raw, &all) != nil || len(all) == 0 {
		return ""
	}
	if arn := text(all[0].ARN); arn != "" {
		return arn
	}
	return text(all[0].UID)
}

// text returns the beginning of a text, and "" for what is none.
func text(raw json.RawMessage) string {
	var s string
	if json.Unmarshal(raw, &s) != nil {
		return ""
	}
	return strings.ToValidUTF8(s[:min(len(s), maxText)], "")
}
