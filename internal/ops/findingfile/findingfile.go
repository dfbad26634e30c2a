// Package findingfile takes findings out of what people keep them in: a finding, a list, what
// `aws securityhub get-findings` or `get-findings-v2` prints, an event, or several of these after one another.
package findingfile

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"

	"github.com/goccy/go-yaml"
)

// Split returns the findings of a text, which is JSON or YAML. None of them is checked.
func Split(text []byte) ([]json.RawMessage, error) {
	if text = bytes.TrimSpace(text); len(text) == 0 {
		return nil, errors.New("it is empty")
	}
	if text[0] != '{' && text[0] != '[' { // what the AWS CLI prints with --output yaml
		if converted, err := yaml.YAMLToJSON(text); err == nil && len(converted) > 0 && converted[0] != '"' {
			text = converted
		}
	}
	var all []json.RawMessage
	for d := json.NewDecoder(bytes.NewReader(text)); ; { // jq and pages of the AWS CLI give one value after another
		var value json.RawMessage
		if err := d.Decode(&value); errors.Is(err, io.EOF) {
			return all, nil
		} else if err != nil {
			return nil, Explain(err)
		}
		some, err := findingsOf(value)
		if err != nil {
			return nil, err
		}
		all = append(all, some...)
	}
}

func findingsOf(value json.RawMessage) ([]json.RawMessage, error) {
	if value[0] == '[' {
		var list []json.RawMessage
		return list, Explain(json.Unmarshal(value, &list))
	}
	var d struct {
		Findings  []json.RawMessage `json:"Findings"`
		ProductID string            `json:"ProductArn"`
		Class     json.RawMessage   `json:"class_uid"`
		Detail    struct {
			Findings []json.RawMessage `json:"findings"`
		} `json:"detail"`
	}
	if err := json.Unmarshal(value, &d); err != nil {
		return nil, Explain(err)
	}
	switch {
	case d.Findings != nil:
		return d.Findings, nil
	case d.Detail.Findings != nil:
		return d.Detail.Findings, nil
	case d.ProductID == "" && d.Class == nil:
		return nil, errors.New("it is not a finding, which has a ProductArn or, in OCSF, a class_uid")
	}
	return []json.RawMessage{value}, nil
}

// Explain says why a text could not be read as a finding. Errors that are not about the form of the text are returned
// unchanged.
func Explain(err error) error {
	var wrong *json.UnmarshalTypeError
	var syntax *json.SyntaxError
	switch {
	case errors.As(err, &wrong) && wrong.Field == "":
		return fmt.Errorf("it is no finding but a %s", wrong.Value)
	case errors.As(err, &wrong):
		return fmt.Errorf("its %s is a %s, which no finding has there", wrong.Field, wrong.Value)
	case errors.Is(err, io.ErrUnexpectedEOF):
		return errors.New("it ends in the middle; the file may be truncated")
	case errors.As(err, &syntax):
		return fmt.Errorf("it is not JSON: %w", err)
	}
	return err
}
