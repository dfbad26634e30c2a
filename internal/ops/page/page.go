// Package page has what the HTML pages of Hubmend share: their style, the script that filters a list, and how they
// write text. A page is one file that needs neither the network nor scripts.
package page

import (
	"bytes"
	"crypto/sha256"
	"embed"
	"encoding/base64"
	"errors"
	"fmt"
	"html/template"
	"io"
	"io/fs"
	"maps"
	"time"
)

//go:embed shared.html style.css script.js
var shared embed.FS

var funcs = template.FuncMap{
	"visible": Visible, "short": ShortName, "span": Span, "percent": Percent, "plural": Plural, "grouped": Grouped,
	"moment": Moment, "iso": func(t time.Time) string { return t.UTC().Format(time.RFC3339) },
	"date": func(t time.Time) string { return t.UTC().Format(time.DateOnly) },
}

// Page is a page's template, and those of its parts.
type Page struct{ templates *template.Template }

// New parses the templates of a page. Style and script are templates without actions, so that they are escaped like
// everything else and nothing is ever marked as safe. It panics about templates that are not valid.
func New(assets fs.FS, pattern string, more template.FuncMap) Page {
	all := maps.Clone(funcs)
	maps.Copy(all, more)
	t := template.Must(template.New("").Funcs(all).ParseFS(shared, "*"))
	return Page{template.Must(t.ParseFS(assets, pattern))}
}

// Hashes name the only style and script that the page's content security policy allows.
type Hashes struct{ Style, Script string }

// Write writes the page of a template. make gives its data.
func (p Page) Write(w io.Writer, name string, data func(Hashes) any) error {
	style, errStyle := p.inner("only-style")
	script, errScript := p.inner("only-script")
	err := errors.Join(errStyle, errScript)
	if err == nil {
		err = p.templates.ExecuteTemplate(w, name, data(Hashes{style, script}))
	}
	if err != nil {
		return fmt.Errorf("write the page: %w", err)
	}
	return nil
}

// inner gives the hash of the text between the tags of a template.
func (p Page) inner(name string) (string, error) {
	var b bytes.Buffer
	if err := p.templates.ExecuteTemplate(&b, name, nil); err != nil {
		return "", err
	}
	text := b.Bytes()
	text = text[bytes.IndexByte(text, '>')+1 : bytes.LastIndexByte(text, '<')]
	sum := sha256.Sum256(text)
	return "sha256-" + base64.StdEncoding.EncodeToString(sum[:]), nil
}
