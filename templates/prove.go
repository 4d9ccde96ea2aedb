package templates

import (
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"
)

// prover proves what the tags of a definition's structs say, wherever one is written. What no tag can say is code
// beside the struct.
//
//	check:"must"      something has to be written
//	check:"alone"     no neighbour in its list says the same
//	check:"in a b c"  one of these, or nothing; of a list, each
//	check:"is year"   likewise one of what the definition has elsewhere: see references
type prover struct {
	l     *loader
	d     *Definition
	file  string
	known map[string][]string // what references have, once asked for
}

// references are what tags refer to: how it is called, and what there is.
var references = map[string]struct {
	what string
	all  func(*Definition) []string
}{
	"type": {"栏目类型", func(*Definition) []string { return inWords(fieldTypes) }},
	"choice": {"consortia、cities、parks、kinds、yes_no，或 lists 里的一项", func(d *Definition) []string {
		return append(slices.Collect(maps.Keys(d.Form.Lists)), "consortia", "cities", "parks", "kinds", "yes_no")
	}},
	"suggestion": {strings.Join(suggestions, "、") + "之一", func(*Definition) []string { return suggestions }},
	"check":      {"检查方式", func(*Definition) []string { return Checks }},
	"time":       {"公文的时候", func(*Definition) []string { return DocumentTimes }},
	"city": {"directory.yaml 的地市",
		func(d *Definition) []string { return ids(d.Directory.Cities, func(c City) string { return c.Name }) }},
	"field": {"form.yaml 的栏目编号",
		func(d *Definition) []string { return ids(d.Form.Fields(), func(f *Field) string { return f.ID }) }},
	"kind": {"form.yaml 的 kinds 的 id",
		func(d *Definition) []string { return ids(d.Form.Kinds, func(k MemberKind) string { return k.ID }) }},
	"year": {"form.yaml 的 years 的 id",
		func(d *Definition) []string { return ids(d.Form.Years, func(y Year) string { return y.ID }) }},
	"note": {"form.yaml 的 notes 的 id",
		func(d *Definition) []string { return ids(d.Form.notes(), func(n Note) string { return n.ID }) }},
}

// ids lists one word of each.
func ids[T any](of []T, id func(T) string) []string {
	out := make([]string, len(of))
	for i, x := range of {
		out[i] = id(x)
	}
	return out
}

func inWords[T ~string](of []T) []string { return ids(of, func(x T) string { return string(x) }) }

// prove looks at all that one file says.
func (l *loader) prove(d *Definition, file string, root any) {
	(&prover{l, d, file, map[string][]string{}}).look("$", reflect.ValueOf(root))
}

// look goes through a value that stands at a path, and through all that it holds.
func (p *prover) look(path string, v reflect.Value) {
	switch v = reflect.Indirect(v); v.Kind() {
	case reflect.Slice:
		said := map[string]bool{}
		for i := range v.Len() {
			at := fmt.Sprintf("%s[%d]", path, i)
			p.look(at, v.Index(i))
			if x := reflect.Indirect(v.Index(i)); x.Kind() == reflect.Struct {
				p.alone(at, x, said)
			}
		}
	case reflect.Struct:
		for f, x := range v.Fields() {
			key, _, _ := strings.Cut(f.Tag.Get("yaml"), ",")
			switch {
			case !f.IsExported() || key == "-":
				continue
			case f.Anonymous:
				p.look(path, x)
				continue
			case key == "":
				key = strings.ToLower(f.Name)
			}
			for tag := range strings.SplitSeq(f.Tag.Get("check"), ",") {
				p.tag(path, key, tag, v, x)
			}
			p.look(path+"."+key, x)
		}
	}
}

// tag proves one demand on what stands under a key of a struct.
func (p *prover) tag(path, key, tag string, of, x reflect.Value) {
	switch demand, of1, _ := strings.Cut(tag, " "); demand {
	case "must":
		if x.IsZero() || x.Kind() == reflect.Slice && x.Len() == 0 {
			p.l.problem(at{p.file, path}, named(of)+"缺 "+key, "请补全。")
		}
	case "in":
		p.oneOf(path, key, x, strings.Fields(of1), "可用："+strings.ReplaceAll(of1, " ", "、")+"。")
	case "is":
		r := references[of1]
		if p.known[of1] == nil {
			p.known[of1] = r.all(p.d)
		}
		p.oneOf(path, key, x, p.known[of1], "请改成"+r.what+"。")
	}
}

// oneOf proves that a word, or each of a list, is known.
func (p *prover) oneOf(path, key string, x reflect.Value, known []string, cure string) {
	if x.Kind() == reflect.Slice {
		for i := range x.Len() {
			p.oneOf(path, key, x.Index(i), known, cure)
		}
		return
	}
	if word := x.String(); word != "" && !slices.Contains(known, word) {
		p.l.problem(at{p.file, path + "." + key}, key+"“"+word+"”不认识", cure)
	}
}

// alone proves that no earlier neighbour of a struct said the same.
func (p *prover) alone(path string, v reflect.Value, said map[string]bool) {
	for f, x := range v.Fields() {
		if !strings.Contains(f.Tag.Get("check"), "alone") || x.IsZero() {
			continue
		}
		word := fmt.Sprint(x.Interface())
		if said[f.Name+" "+word] {
			p.l.problem(at{p.file, path}, strings.ToLower(f.Name)+"“"+word+"”重复", "每个只写一次，请删去一处或改成别的。")
		}
		said[f.Name+" "+word] = true
	}
}

// named is how a struct is called: by its id, or else by what people call it.
func named(v reflect.Value) string {
	for _, key := range []string{"ID", "Code", "Name", "Label", "Title"} {
		if x := v.FieldByName(key); x.IsValid() && x.Kind() == reflect.String && x.String() != "" {
			return "“" + x.String() + "”"
		}
	}
	return ""
}
