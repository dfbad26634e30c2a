package policy

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"time"
)

// check refuses a rule that a function could misunderstand. Package policyfile explains how to write it.
func (r Rule) check() error {
	switch r.Decision {
	case Exempt, Ask, Delay, Allow:
	default:
		return fmt.Errorf("its decision %q is none of exempt, ask, delay and allow", r.Decision)
	}
	if r.Delay < 0 {
		return errors.New("its delay is negative")
	}
	for _, w := range r.Windows {
		if _, err := time.LoadLocation(w.Zone); err != nil {
			return fmt.Errorf("its time zone %q is not known", w.Zone)
		}
		if w.From < 0 || w.From >= minutesOfDay || w.To < 0 || w.To > minutesOfDay {
			return errors.New("a window of it has no time of the day")
		}
	}
	return nil
}

const minutesOfDay = 24 * 60

func decodeStrictly(text []byte, into any) error {
	d := json.NewDecoder(bytes.NewReader(text))
	d.DisallowUnknownFields()
	if err := d.Decode(into); err != nil {
		return err
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return errors.New("something follows the policy")
	}
	return nil
}
