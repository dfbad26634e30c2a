package ssm

import (
	"strings"
	"sync"
	"time"

	"hubmend/internal/lab/apicall"
)

// serviceSettings are the service settings of Systems Manager, by account and Region.
type serviceSettings struct {
	mu     sync.Mutex
	values map[apicall.Place]map[string]setting
}

// setting is what somebody set.
type setting struct {
	value, by string
	at        time.Time
}

// The settings that the lab knows.
const (
	logDestination = "/ssm/automation/customer-script-log-destination"
	logGroupName   = "/ssm/automation/customer-script-log-group-name"
)

var standardSettings = map[string]string{logDestination: "", logGroupName: "/aws/ssm/automation/executeScript"}

type settingInput struct {
	SettingID    string `json:"SettingId"`
	SettingValue string
}

// id gives the setting of a call, which may name it by its ARN.
func (in settingInput) id() (string, error) {
	_, path, isARN := strings.Cut(in.SettingID, ":servicesetting/")
	id := in.SettingID
	if isARN {
		id = "/" + path
	}
	if _, known := standardSettings[id]; !known {
		return "", apicall.Refuse("ServiceSettingNotFound", "The lab has no setting %s, but %s and %s", id,
			logDestination,
			logGroupName)
	}
	return id, nil
}

// of gives the value of a setting.
func (s *serviceSettings) of(at apicall.Place, id string) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	if set, ok := s.values[at][id]; ok {
		return set.value
	}
	return standardSettings[id]
}

func (s *Automation) getSetting(q apicall.Request, in settingInput) (any, error) {
	id, err := in.id()
	if err != nil {
		return nil, err
	}
	at := q.Place()
	out := map[string]any{
		"SettingId": id, "SettingValue": s.settings.of(at, id), "Status": "Default",
		"ARN": "arn:" + s.lab.Partition + ":ssm:" + q.Region + ":" + q.Caller.Account + ":servicesetting" + id,
	}
	s.settings.mu.Lock()
	defer s.settings.mu.Unlock()
	if set, ok := s.settings.values[at][id]; ok {
		out["Status"], out["LastModifiedUser"], out["LastModifiedDate"] = "Customized", set.by, apicall.Epoch(set.at)
	}
	return map[string]any{"ServiceSetting": out}, nil
}

func (s *Automation) updateSetting(q apicall.Request, in settingInput) (any, error) {
	id, err := in.id()
	if err != nil {
		return nil, err
	}
	at := q.Place()
	s.settings.mu.Lock()
	defer s.settings.mu.Unlock()
	if s.settings.values[at] == nil {
		s.settings.values[at] = map[string]setting{}
	}
	s.settings.values[at][id] = setting{in.SettingValue, q.Caller.ARN, time.Now()}
	return map[string]any{}, nil
}

func (s *Automation) resetSetting(q apicall.Request, in settingInput) (any, error) {
	id, err := in.id()
	if err != nil {
		return nil, err
	}
	s.settings.mu.Lock()
	delete(s.settings.values[q.Place()], id)
	s.settings.mu.Unlock()
	return s.getSetting(q, in)
}
