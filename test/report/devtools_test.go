package report_test

import (
	"bufio"
	"bytes"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"slices"
	"testing"
	"time"
)

type object = map[string]any

// tab is a tab of a browser, driven by the DevTools protocol over a pipe.
type tab struct {
	t       *testing.T
	out     io.Writer
	in      chan message
	session string
	id      int
	events  []message // that came while an answer was waited for
}

type message struct {
	ID     int
	Method string
	Params json.RawMessage
	Result json.RawMessage
	Error  *struct{ Message string }
}

// patience is how long a browser on a busy machine may take for one thing.
const patience = time.Minute

// openTab starts a browser with one empty tab, which listens to everything.
func openTab(t *testing.T, chromium string) *tab {
	t.Helper()
	theirIn, ourOut := pipe(t)
	ourIn, theirOut := pipe(t)
	dir, err := os.MkdirTemp("", "hubmend-browser-")
	if err != nil {
		t.Fatal(err)
	}
	//nolint:gosec,noctx // a browser that was looked up, and is closed below
	cmd := exec.Command(chromium, "--headless=new", "--remote-debugging-pipe", "--no-sandbox", "--disable-gpu",
		"--no-first-run",
		"--disable-extensions", "--disable-background-networking", "--disable-component-update", "--disable-sync",
		"--user-data-dir="+dir, "about:blank")
	cmd.ExtraFiles = []*os.File{theirIn, theirOut}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	_, _ = theirIn.Close(), theirOut.Close()
	b := &tab{t: t, out: ourOut, in: make(chan message, 100_000)}
	go b.read(ourIn)
	t.Cleanup(func() { b.close(cmd, dir) })
	var target struct{ TargetID, SessionID string }
	b.call(&target, "Target.createTarget", object{"url": "about:blank"})
	b.call(&target, "Target.attachToTarget", object{"targetId": target.TargetID, "flatten": true})
	b.session = target.SessionID
	for _, domain := range []string{"Page", "Runtime", "Log", "Network", "Performance"} {
		b.call(nil, domain+".enable", object{})
	}
	b.call(nil, "Page.setLifecycleEventsEnabled", object{"enabled": true})
	return b
}

// close ends the browser and removes its folder, into which its processes write until they have ended.
func (b *tab) close(cmd *exec.Cmd, dir string) {
	_, _ = fmt.Fprint(b.out, `{"id": 1000000, "method": "Browser.close"}`+"\x00")
	slow := time.AfterFunc(patience, func() { _ = cmd.Process.Kill() })
	_ = cmd.Wait()
	slow.Stop()
	for range 50 {
		if os.RemoveAll(dir) == nil {
			return
		}
		time.Sleep(100 * time.Millisecond)
	}
}

func pipe(t *testing.T) (r, w *os.File) {
	t.Helper()
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _, _ = r.Close(), w.Close() })
	return r, w
}

func (b *tab) read(from io.Reader) {
	defer close(b.in)
	for r := bufio.NewReader(from); ; {
		line, err := r.ReadBytes(0)
		if err != nil {
			return
		}
		var m message
		if json.Unmarshal(bytes.TrimSuffix(line, []byte{0}), &m) == nil {
			b.in <- m
		}
	}
}

func (b *tab) next(what string) message {
	b.t.Helper()
	select {
	case m, ok := <-b.in:
		if !ok {
			b.t.Fatalf("the browser ended before %s", what)
		}
		return m
	case <-time.After(patience):
		b.t.Fatalf("the browser took too long for %s", what)
	}
	return message{}
}

// call makes a call of the protocol and reads its result.
func (b *tab) call(result any, method string, params object) {
	b.t.Helper()
	b.id++
	request := object{"id": b.id, "method": method, "params": params}
	if b.session != "" {
		request["sessionId"] = b.session
	}
	text, err := json.Marshal(request)
	if err != nil {
		b.t.Fatal(err)
	}
	if _, err := b.out.Write(append(text, 0)); err != nil {
		b.t.Fatal(err)
	}
	for {
		m := b.next(method)
		if m.ID != b.id {
			b.events = append(b.events, m)
			continue
		}
		if m.Error != nil {
			b.t.Fatalf("%s: %s", method, m.Error.Message)
		}
		if result != nil {
			if err := json.Unmarshal(m.Result, result); err != nil {
				b.t.Fatalf("%s: %v", method, err)
			}
		}
		return
	}
}

// open loads a page, from nothing. The events of before are forgotten.
func (b *tab) open(address string) {
	b.t.Helper()
	b.load("about:blank")
	b.events = nil
	b.load(address)
}

// work is the processor time of the page so far. Unlike the time on a clock, it is much the same on a busy machine.
func (b *tab) work() time.Duration {
	b.t.Helper()
	var out struct {
		Metrics []struct {
			Name  string
			Value float64 // seconds
		}
	}
	b.call(&out, "Performance.getMetrics", object{})
	for _, one := range out.Metrics {
		if one.Name == "ProcessTime" {
			return time.Duration(one.Value * float64(time.Second))
		}
	}
	b.t.Fatal("the browser does not say how long it worked")
	return 0
}

func (b *tab) load(address string) {
	b.t.Helper()
	type loading struct{ LoaderID, Name string }
	var this loading
	b.call(&this, "Page.navigate", object{"url": address})
	loaded := func(m message) bool {
		var one loading
		return m.Method == "Page.lifecycleEvent" && json.Unmarshal(m.Params, &one) == nil &&
			one == loading{this.LoaderID, "load"}
	}
	for !slices.ContainsFunc(b.events, loaded) {
		b.events = append(b.events, b.next("the page"))
	}
}

// eval runs an expression in the page and returns its value, or the result of its promise.
func eval[T any](b *tab, expression string) T {
	b.t.Helper()
	var out struct {
		Result           struct{ Value T }
		ExceptionDetails json.RawMessage
	}
	b.call(&out, "Runtime.evaluate", object{"expression": expression, "returnByValue": true, "awaitPromise": true})
	if out.ExceptionDetails != nil {
		b.t.Fatalf("%s: %s", expression, out.ExceptionDetails)
	}
	return out.Result.Value
}

// of lists the events of a method, as the browser sent them.
func (b *tab) of(method string) []string {
	var all []string
	for _, m := range b.events {
		if m.Method == method {
			all = append(all, string(m.Params))
		}
	}
	return all
}

// view sets the size of the window, and light or dark.
func (b *tab) view(width, height int, scheme string) {
	b.t.Helper()
	b.call(nil, "Emulation.setDeviceMetricsOverride",
		object{"width": width, "height": height, "deviceScaleFactor": 1, "mobile": width < 500})
	b.call(nil, "Emulation.setEmulatedMedia",
		object{"features": []object{{"name": "prefers-color-scheme", "value": scheme}}})
}

// picture writes what is to be seen to a file.
func (b *tab) picture(file string) {
	b.t.Helper()
	var shot struct{ Data string }
	b.call(&shot, "Page.captureScreenshot", object{"format": "png"})
	png, err := base64.StdEncoding.DecodeString(shot.Data)
	if err == nil {
		err = os.WriteFile(file, png, 0o600)
	}
	if err != nil {
		b.t.Fatal(err)
	}
}
