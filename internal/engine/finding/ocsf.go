package finding

import (
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"strings"
	"time"
)

// ocsf is the part of a finding in the Open Cybersecurity Schema Framework that says the same as one in ASFF. Its
// version is not read: Security Hub has raised it twice a year and changed none of these fields.
type ocsf struct {
	ClassUID     int64  `json:"class_uid"`
	ClassName    string `json:"class_name"`
	ActivityID   int64  `json:"activity_id"`
	ActivityName string `json:"activity_name"`
	StatusID     int64  `json:"status_id"`
	Status       string `json:"status"`
	SeverityID   int64  `json:"severity_id"`
	Severity     string `json:"severity"`
	Comment      string `json:"comment"`
	Time         moment `json:"time"`
	TimeDT       moment `json:"time_dt"`
	Metadata     struct {
		UID     string `json:"uid"`
		Product struct {
			UID string `json:"uid"`
		} `json:"product"`
	} `json:"metadata"`
	Cloud struct {
		Account struct {
			UID  string `json:"uid"`
			Name string `json:"name"`
		} `json:"account"`
		Region string `json:"region"`
	} `json:"cloud"`
	Compliance struct {
		Control  string `json:"control"`
		StatusID int64  `json:"status_id"`
		Status   string `json:"status"`
	} `json:"compliance"`
	Info      ocsfInfo       `json:"finding_info"`
	Resources []ocsfResource `json:"resources"`
}

type ocsfInfo struct {
	UID         string `json:"uid"`
	Title       string `json:"title"`
	FirstSeen   moment `json:"first_seen_time"`
	FirstSeenDT moment `json:"first_seen_time_dt"`
	LastSeen    moment `json:"last_seen_time"`
	LastSeenDT  moment `json:"last_seen_time_dt"`
	Modified    moment `json:"modified_time"`
	ModifiedDT  moment `json:"modified_time_dt"`
	Analytic    struct {
		Category string `json:"category"`
		Name     string `json:"name"`
	} `json:"analytic"`
}

type ocsfResource struct {
	Type   string `json:"type"`
	UID    string `json:"uid"`
	UIDAlt string `json:"uid_alt"`
}

// Classes of OCSF.
const (
	complianceFinding = 2003
	detectionFinding  = 2004
)

var (
	productV2Pattern = regexp.MustCompile(`^arn:aws[a-z-]*:securityhub:[a-z0-9-]+::productv2/aws/(securityhub[a-z-]*)$`)
	// In OCSF a finding has no GeneratorId, but its id names the same.
	ownPattern = regexp.MustCompile(`:(security-control/[A-Za-z0-9]+\.[0-9]+)/finding/[^/]+$`)
	subPattern = regexp.MustCompile(
		`:subscription/([a-z0-9-]+/v/[0-9.]+)/([A-Za-z0-9.-]+)/finding/[^/]+$`)
	uidPattern = regexp.MustCompile(`^[!-~]{1,512}$`)
)

// ParseOCSF reads one finding in OCSF, as the new Security Hub sends it. It returns the same as Parse does for the same
// check, and V2. It refuses findings that are not of a control of Security Hub CSPM.
func ParseOCSF(raw json.RawMessage) (Finding, error) {
	var d ocsf
	if err := json.Unmarshal(raw, &d); err != nil {
		return Finding{}, fmt.Errorf("read OCSF finding: %s", clip(err.Error())) // it repeats a number that is too long
	}
	if err := d.checkKind(); err != nil {
		return Finding{}, err
	}
	f := Finding{
		ID: d.Info.UID, Account: d.Cloud.Account.UID,
		ProductARN: strings.Replace(d.Metadata.Product.UID, "::productv2/", "::product/", 1),
		Title:      d.Info.Title, AccountName: accountName(d.Cloud.Account.Name), ControlID: d.Compliance.Control,
		ConfigRule: configRule(d.Info.Analytic.Category, d.Info.Analytic.Name),
	}
	if err := f.checkOrigin(d.Cloud.Region); err != nil {
		return Finding{}, err
	}
	if err := f.generator(); err != nil {
		return Finding{}, err
	}
	if err := d.states(&f); err != nil {
		return Finding{}, err
	}
	if len(d.Resources) == 0 {
		return Finding{}, errors.New("the finding names no resource")
	}
	f.ResourceType, f.ResourceID, f.Resources = asffType(d.Resources[0].Type), d.Resources[0].id(), len(d.Resources)
	if f.ResourceType == "" || f.ResourceID == "" {
		return Finding{}, errors.New("the finding names no resource")
	}
	if err := f.checkText(); err != nil {
		return Finding{}, err
	}
	f.ObservedAt = first(d.Info.LastSeenDT, d.Info.LastSeen, d.Info.ModifiedDT, d.Info.Modified, d.TimeDT, d.Time)
	if f.ObservedAt.IsZero() {
		return Finding{}, errors.New("the finding's last_seen_time, modified_time and time hold no time")
	}
	f.Since = first(d.Info.FirstSeenDT, d.Info.FirstSeen)
	return f, nil
}

// checkKind demands a control finding of Security Hub. Its coverage findings are of the same class.
func (d *ocsf) checkKind() error {
	product := ""
	if m := productV2Pattern.FindStringSubmatch(d.Metadata.Product.UID); m != nil {
		product = m[1]
	}
	switch {
	case product == "":
		return d.foreign()
	case d.ClassUID == detectionFinding:
		return errors.New("the finding is an exposure, which is not of one control")
	case d.ClassUID != complianceFinding:
		return fmt.Errorf("the finding's class %d (%s) is not Compliance Finding", d.ClassUID, clip(d.ClassName))
	case product == "securityhub-coverage":
		return errors.New("the finding is a coverage finding, which is not of a control")
	case product != "securityhub":
		return d.foreign()
	case d.Compliance.Control == "":
		return errors.New("the finding has no compliance.control")
	case !uidPattern.MatchString(d.Metadata.UID):
		return fmt.Errorf("the finding's metadata.uid %q is not an id", clip(d.Metadata.UID))
	}
	return nil
}

func (d *ocsf) foreign() error {
	return fmt.Errorf("the finding's metadata.product.uid %q is not Security Hub's own", clip(d.Metadata.Product.UID))
}

// generator sets GeneratorID, Standard and Rule, by the id of the finding.
func (f *Finding) generator() error {
	if m := ownPattern.FindStringSubmatch(f.ID); m != nil {
		f.GeneratorID = m[1]
		if !strings.EqualFold(f.GeneratorID, ConsolidatedGenerator(f.ControlID)) {
			return fmt.Errorf("the finding's compliance.control %q differs from its uid's %s", clip(f.ControlID),
				clip(m[1]))
		}
	} else if m := subPattern.FindStringSubmatch(f.ID); m != nil {
		f.GeneratorID = Generator(f.Partition, m[1], m[2])
	}
	f.identify("")
	return nil
}

// states sets what the finding says of its state.
func (d *ocsf) states(f *Finding) error {
	status, ok := meaning(workflows, d.StatusID, d.Status)
	if !ok {
		return fmt.Errorf("the finding's status %d %q is unknown", d.StatusID, clip(d.Status))
	}
	if f.Compliance, ok = meaning(compliances, d.Compliance.StatusID, d.Compliance.Status); !ok {
		return fmt.Errorf("the finding's compliance.status %d %q is unknown", d.Compliance.StatusID,
			clip(d.Compliance.Status))
	}
	f.Severity, _ = meaning(severityNames, d.SeverityID, d.Severity)
	activity, _ := meaning(activities, d.ActivityID, d.ActivityName)
	f.Workflow, f.RecordState = status, Active
	if status == Archived {
		f.Workflow = New // as in ASFF when it is not said
	}
	if status == Archived || activity == Archived {
		f.RecordState = Archived
	}
	f.V2 = V2{UID: d.Metadata.UID, Status: status, Comment: d.Comment}
	return nil
}

// value is one of a field that OCSF has twice, as a number and as a name for people.
type value struct {
	id   int64
	name string
	asff string
}

var (
	workflows = []value{{1, "New", New}, {2, "In Progress", Notified}, {3, "Suppressed", Suppressed},
		{4, "Resolved", Resolved}, {5, "Archived", Archived}}
	compliances = []value{{1, "Pass", Passed}, {2, "Warning", Warning}, {3, "Fail", Failed},
		{0, "Unknown", "NOT_AVAILABLE"}}
	severityNames = []value{{1, "Informational", "INFORMATIONAL"}, {2, "Low", "LOW"}, {3, "Medium", "MEDIUM"},
		{4, "High", "HIGH"}, {5, "Critical", "CRITICAL"}, {6, "Fatal", "CRITICAL"}}
	activities = []value{{3, "Close", Archived}}
)

// meaning returns what a number means, or the name if the number is none that is known.
func meaning(of []value, id int64, name string) (string, bool) {
	for _, v := range of {
		if id != 0 && v.id == id {
			return v.asff, true
		}
	}
	for _, v := range of {
		if strings.EqualFold(v.name, name) {
			return v.asff, true
		}
	}
	return "", false
}

// moment is a time that may be given as RFC 3339 or as milliseconds since 1970. One of another form is zero.
type moment struct{ time.Time }

// UnmarshalJSON implements json.Unmarshaler.
func (m *moment) UnmarshalJSON(text []byte) error {
	const end = 253402300800000 // of the year 9999, the last that RFC 3339 can say
	var written string
	var ms int64
	if json.Unmarshal(text, &ms) == nil && ms > 0 && ms < end {
		m.Time = time.UnixMilli(ms).UTC()
	} else if json.Unmarshal(text, &written) == nil {
		m.Time, _ = time.Parse(time.RFC3339, written)
	}
	return nil
}

func first(moments ...moment) time.Time {
	for _, m := range moments {
		if !m.IsZero() {
			return m.Time
		}
	}
	return time.Time{}
}
