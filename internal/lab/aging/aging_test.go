package aging

import (
	"bytes"
	"compress/gzip"
	"encoding/base64"
	"testing"
	"time"
)

func TestEarlier(t *testing.T) {
	t.Parallel()
	for written, want := range map[string]string{
		"2026-03-01T10:00:00Z":           "2026-03-01T09:00:00Z",
		"2026-03-01T00:30:00+02:00":      "2026-02-28T23:30:00+02:00",
		"2026-03-01T10:00:00.5Z":         "2026-03-01T09:00:00.5Z",
		"2026-03-01T10:00:00.500Z":       "2026-03-01T09:00:00.500Z",
		"2026-03-01T10:00:00.123456789Z": "2026-03-01T09:00:00.123456789Z",
		"0001-01-01T00:00:00Z":           "0001-01-01T00:00:00Z",
		"2026-03-01":                     "2026-03-01",
		"at 2026-03-01T10:00:00Z":        "at 2026-03-01T10:00:00Z",
		"":                               "",
	} {
		if got := earlier(written, time.Hour); got != want {
			t.Errorf("%q becomes %q, want %q", written, got, want)
		}
	}
}

func TestKey(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 3, 1, 10, 20, 0, 0, time.UTC)
	for _, tc := range []struct {
		key  string
		by   time.Duration
		want string
	}{
		{"hour#EC2.13#2026-03-01T10", time.Second, "hour#EC2.13#2026-03-01T10"},
		{"hour#EC2.13#2026-03-01T10", time.Hour, "hour#EC2.13#2026-03-01T09"},
		{"hour#EC2.13#2026-03-01T09", 90 * time.Minute, "hour#EC2.13#2026-03-01T07"},
		{"day#2026-03-01", 10 * time.Hour, "day#2026-03-01"},
		{"day#2026-03-01", 11 * time.Hour, "day#2026-02-28"},
		{"2026-03-01T00:00:00Z", time.Hour, "2026-03-01T00:00:00Z"},
		{"version#000001", time.Hour, "version#000001"},
		{"", time.Hour, ""},
	} {
		if got := Key(tc.key, tc.by, now); got != tc.want {
			t.Errorf("%q becomes %q after %v, want %q", tc.key, got, tc.by, tc.want)
		}
	}
}

// A policy is stored like this. Its numbers may be larger than a float64 can hold.
func TestAgePacked(t *testing.T) {
	t.Parallel()
	pack := func(text string) string {
		var out bytes.Buffer
		w := gzip.NewWriter(&out)
		if _, err := w.Write([]byte(text)); err != nil || w.Close() != nil {
			t.Fatal(err)
		}
		return base64.StdEncoding.EncodeToString(out.Bytes())
	}
	item := map[string]any{"Text": map[string]any{
		"B": pack(`{"rules":[{"delay":31622400000000001,"until":"2026-03-01T10:00:00Z"}]}`)}}
	if err := AgeItem(item, nil, time.Hour); err != nil {
		t.Fatal(err)
	}
	want := pack(`{"rules":[{"delay":31622400000000001,"until":"2026-03-01T09:00:00Z"}]}` + "\n")
	if got := item["Text"].(map[string]any)["B"].(map[string]any)["$base64"]; got != want {
		t.Errorf("it becomes %v, want %s", got, want)
	}
	for _, text := range []string{"AAAA", "!", pack("text")} {
		if err := AgeItem(map[string]any{"Text": map[string]any{"B": text}}, nil, time.Hour); err == nil {
			t.Errorf("%s is aged", text)
		}
	}
}
