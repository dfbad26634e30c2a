package lab

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"time"

	"hubmend/internal/lab/apicall"
	"hubmend/internal/lab/python"
)

// ownService is the service name of calls that only the lab has. The endpoint does not serve it, so nothing in the lab
// can use it.
const ownService = "lab"

// Backdating sets the age of the credentials of an IAM user, which no API of AWS can do. Ages are in days and may be
// fractions.
type Backdating struct {
	UserName string
	// AccessKeyID is the key whose dates CreatedDaysAgo and LastUsedDaysAgo set.
	AccessKeyID             string   `json:"AccessKeyId,omitempty"`
	CreatedDaysAgo          *float64 `json:",omitempty"`
	LastUsedDaysAgo         *float64 `json:",omitempty"`
	PasswordCreatedDaysAgo  *float64 `json:",omitempty"`
	PasswordLastUsedDaysAgo *float64 `json:",omitempty"`
}

// ownCall makes a call of the lab's own service.
func (l *Lab) ownCall(ctx context.Context, c apicall.Call) (map[string]any, error) {
	switch c.API {
	case "BackdateUser":
	case "SetSystemTags":
		return map[string]any{}, l.tags.SetSystemTags(c)
	default:
		return nil, fmt.Errorf("the service lab has no API %s, only BackdateUser and SetSystemTags", c.API)
	}
	text, err := json.Marshal(c.Input)
	if err != nil {
		return nil, fmt.Errorf("BackdateUser: %w", err)
	}
	dec := json.NewDecoder(bytes.NewReader(text))
	dec.DisallowUnknownFields()
	var b Backdating
	if err := dec.Decode(&b); err != nil {
		return nil, fmt.Errorf("BackdateUser: %w", err)
	}
	if err := b.check(); err != nil {
		return nil, fmt.Errorf("BackdateUser: %w", err)
	}
	return map[string]any{}, backdate(ctx, l.world.Backend.Moto, c.Account, b)
}

func (b Backdating) check() error {
	key := b.CreatedDaysAgo != nil || b.LastUsedDaysAgo != nil
	password := b.PasswordCreatedDaysAgo != nil || b.PasswordLastUsedDaysAgo != nil
	switch {
	case b.UserName == "":
		return errors.New("UserName is missing")
	case key != (b.AccessKeyID != ""):
		return errors.New("AccessKeyId goes with CreatedDaysAgo or LastUsedDaysAgo, and they with it")
	case !key && !password:
		return errors.New("nothing to backdate: give CreatedDaysAgo, LastUsedDaysAgo, PasswordCreatedDaysAgo or " +
			"PasswordLastUsedDaysAgo")
	}
	for _, days := range []*float64{b.CreatedDaysAgo, b.LastUsedDaysAgo, b.PasswordCreatedDaysAgo,
		b.PasswordLastUsedDaysAgo} {
		if days != nil && *days < 0 {
			return fmt.Errorf("%v days ago is in the future", *days)
		}
	}
	return nil
}

// backdate asks moto. The error for an unknown user or key is NoSuchEntity.
func backdate(ctx context.Context, moto *python.Moto, account string, wanted Backdating) error {
	status, said, err := askMoto(ctx, moto, account, "backdate-user", wanted)
	switch {
	case err != nil:
		return fmt.Errorf("BackdateUser: %w", err)
	case status == http.StatusNotFound:
		return &python.APIError{Code: "NoSuchEntity", Message: said, Operation: "BackdateUser", HTTPStatus: status}
	case status != http.StatusOK:
		return fmt.Errorf("BackdateUser: the emulator answered %d: %s", status, said)
	}
	return nil
}

// deliverSooner shortens the delays of messages that functions sent with one.
func deliverSooner(ctx context.Context, moto *python.Moto, by time.Duration) error {
	status, said, err := askMoto(ctx, moto, "", "deliver-sooner", map[string]float64{"Seconds": by.Seconds()})
	if err == nil && status != http.StatusOK {
		err = fmt.Errorf("the emulator answered %d: %s", status, said)
	}
	if err != nil {
		return fmt.Errorf("deliver messages sooner: %w", err)
	}
	return nil
}

// askMoto makes a request to a path that the lab adds to moto.
func askMoto(ctx context.Context, moto *python.Moto, account, path string, wanted any) (status int, said string,
	err error) {
	text, err := json.Marshal(wanted)
	if err != nil {
		return 0, "", err
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, moto.URL()+"/lab/"+path, bytes.NewReader(text))
	if err != nil {
		return 0, "", err
	}
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("X-Moto-Account-Id", account)
	response, err := http.DefaultClient.Do(r)
	if err != nil {
		return 0, "", errors.Join(err, moto.Err())
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	return response.StatusCode, string(body), err
}
