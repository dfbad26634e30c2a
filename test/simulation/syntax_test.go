package simulation_test

import (
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
	"go/printer"
	"go/token"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"unicode"
)

// A change rewrites one place of a declaration. It gives the new text of the file, or an error when the place
// is not there exactly once.
type change func(declaration) (string, error)

// declaration is a function, a method or a variable with the file that it is in.
type declaration struct {
	node ast.Node
	file string
	text string // of the file
	base token.Pos
}

// find looks for a declaration such as decide.Record.Due in the packages below a folder, whichever file it is in.
func find(engine, name string) (declaration, error) {
	pkg, name, _ := strings.Cut(name, ".")
	files, err := filepath.Glob(filepath.Join(engine, pkg, "*.go"))
	if err != nil {
		return declaration{}, err
	}
	for _, file := range files {
		if strings.HasSuffix(file, "_test.go") {
			continue
		}
		text, err := os.ReadFile(file)
		if err != nil {
			return declaration{}, err
		}
		if d, err := findIn(file, string(text), name); err != nil || d.node != nil {
			return d, err
		}
	}
	return declaration{}, fmt.Errorf("package %s declares no %s", pkg, name)
}

func findIn(path, text, name string) (declaration, error) {
	set := token.NewFileSet()
	file, err := parser.ParseFile(set, path, text, 0)
	if err != nil {
		return declaration{}, err
	}
	for _, d := range file.Decls {
		switch d := d.(type) {
		case *ast.FuncDecl:
			if fullName(d) == name {
				return declaration{d, path, text, file.FileStart}, nil
			}
		case *ast.GenDecl:
			for _, spec := range d.Specs {
				if v, is := spec.(*ast.ValueSpec); is && v.Names[0].Name == name {
					return declaration{v, path, text, file.FileStart}, nil
				}
			}
		}
	}
	return declaration{}, nil
}

// fullName is the name of a function with its receiver's type, if it has one.
func fullName(f *ast.FuncDecl) string {
	if f.Recv == nil {
		return f.Name.Name
	}
	return strings.TrimPrefix(plain(f.Recv.List[0].Type), "*") + "." + f.Name.Name
}

// plain is a node as Go prints it, without white space, so that formatting does not matter.
func plain(n ast.Node) string {
	var b strings.Builder
	if err := printer.Fprint(&b, token.NewFileSet(), n); err != nil {
		panic(err) // a node that was just parsed
	}
	return squeeze(b.String())
}

func squeeze(text string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsSpace(r) {
			return -1
		}
		return r
	}, text)
}

// place finds the one node among some of a declaration that reads as code, or else the one that contains it. Of
// nodes within each other it is the innermost.
func (d declaration) place(code string, among func(ast.Node) []ast.Node) (ast.Node, error) {
	var equal, containing []ast.Node
	ast.Inspect(d.node, func(n ast.Node) bool {
		if n == nil {
			return false
		}
		for _, x := range among(n) {
			switch text := plain(x); {
			case text == squeeze(code):
				equal = append(equal, x)
			case strings.Contains(text, squeeze(code)):
				containing = append(containing, x)
			}
		}
		return true
	})
	found := innermost(containing)
	if len(equal) > 0 {
		found = innermost(equal)
	}
	if len(found) != 1 {
		return nil, fmt.Errorf("the place is there %d times: %s", len(found), code)
	}
	return found[0], nil
}

func innermost(nodes []ast.Node) []ast.Node {
	return slices.DeleteFunc(slices.Clone(nodes), func(outer ast.Node) bool {
		return slices.ContainsFunc(nodes, func(x ast.Node) bool {
			return outer != x && outer.Pos() <= x.Pos() && x.End() <= outer.End()
		})
	})
}

// edit gives the file with another text for a node; %s stands for the node's own.
func (d declaration) edit(n ast.Node, text string) string {
	from, to := n.Pos()-d.base, n.End()-d.base
	return d.text[:from] + strings.Replace(text, "%s", d.text[from:to], 1) + d.text[to:]
}

// rewrite changes the place that code names among some nodes.
func rewrite(code, text string, among func(ast.Node) []ast.Node) change {
	return func(d declaration) (string, error) {
		n, err := d.place(code, among)
		if err != nil {
			return "", err
		}
		return d.edit(n, text), nil
	}
}

// The changes. Each names its place by the code that is there, or by a part of it.

// replaced gives other code for an expression or a statement, which code must be as a whole.
func replaced(code, by string) change {
	return rewrite(code, by, func(n ast.Node) []ast.Node {
		_, expression := n.(ast.Expr)
		_, statement := n.(ast.Stmt)
		if (expression || statement) && plain(n) == squeeze(code) {
			return []ast.Node{n}
		}
		return nil
	})
}

func never(condition string) change  { return rewrite(condition, "(%s) && false", conditions) }
func always(condition string) change { return rewrite(condition, "(%s) || true", conditions) }
func negated(condition string) change {
	return rewrite(condition, "!(%s)", conditions)
}

func deleted(statement string) change      { return rewrite(statement, "", statements) }
func followed(statement, by string) change { return rewrite(statement, "%s\n"+by, statements) }

// returns has the last return of the function give another value.
func returns(value string) change {
	return func(d declaration) (string, error) {
		f, is := d.node.(*ast.FuncDecl)
		if !is {
			return "", errors.New("only a function returns")
		}
		last, is := f.Body.List[len(f.Body.List)-1].(*ast.ReturnStmt)
		if !is {
			return "", errors.New("the function does not end with a return")
		}
		return d.edit(last, "return "+value), nil
	}
}

// first has the function begin with more statements.
func first(statements string) change {
	return func(d declaration) (string, error) {
		f, is := d.node.(*ast.FuncDecl)
		if !is {
			return "", errors.New("only a function has statements")
		}
		return d.edit(f.Body.List[0], statements+"\n%s"), nil
	}
}

// conditions are what an if or a case without a tag asks.
func conditions(n ast.Node) []ast.Node {
	switch n := n.(type) {
	case *ast.IfStmt:
		return []ast.Node{n.Cond}
	case *ast.CaseClause:
		nodes := make([]ast.Node, len(n.List))
		for i, x := range n.List {
			nodes[i] = x
		}
		return nodes
	}
	return nil
}

func statements(n ast.Node) []ast.Node {
	if s, is := n.(ast.Stmt); is {
		return []ast.Node{s}
	}
	return nil
}

// A place is found however it is formatted, and its loss is an error.
func TestMutationsFindTheirPlace(t *testing.T) {
	t.Parallel()
	source := "package p\n\nfunc (t *T) f(a, b int) bool {\n\tif a == 1 &&\n\t\tb == 2 {\n\t\ta = 3\n\t}\n\treturn " +
		"g(a,\n\t\tb)\n}\n"
	for name, c := range map[string]struct {
		change change
		want   string // "": the place is not there once
	}{
		"a condition":        {never("a == 1 && b == 2"), "if (a == 1 &&\n\t\tb == 2) && false {"},
		"a part of it":       {always("b==2"), "b == 2) || true {"},
		"an expression":      {replaced("g(a, b)", "true"), "return true\n"},
		"a statement":        {deleted("a=3"), "{\n\t\t\n\t}"},
		"what is returned":   {returns("false"), "return false\n"},
		"what is not there":  {never("c == 2"), ""},
		"what is there more": {replaced("a", "b"), ""},
	} {
		d, err := findIn("p.go", source, "T.f")
		if err != nil || d.node == nil {
			t.Fatal(err)
		}
		got, err := c.change(d)
		if (err != nil) != (c.want == "") || !strings.Contains(got, c.want) {
			t.Errorf("%s: %v\n%s", name, err, got)
		}
	}
	if d, err := findIn("p.go", source, "T.g"); err != nil || d.node != nil {
		t.Error("found a method that is not there")
	}
}
