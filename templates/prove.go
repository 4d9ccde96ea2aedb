package templates

import (
	"cmp"
	"fmt"
	"maps"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/shopspring/decimal"
)

// prover proves what the tags of a definition's structs say, wherever one is written, and notes where that is in those
// that hold an at. What no tag can say is code beside the struct.
//
//	check:"must"       something has to be written
//	check:"alone"      no neighbour in its list says the same
//	check:"once"       nothing of its kind in the file says the same
//	check:"one"        exactly one of those in the struct that say this is written
//	check:"in a b c"   one of these, or nothing; of a list, each
//	check:"is year"    likewise one of what the definition has elsewhere: see references
//	check:"like date"  written so, or nothing: see shapes
//	check:"from 0"     a number not below, over 0: above, to 1: not above, under 1: below
type prover struct {
	l     *loader
	d     *Definition
	file  string
	known map[string][]string // what references have, once asked for
	said  map[string]bool     // by what has to be alone
}

// shapes are how words can have to be written, and how to say so.
var shapes = map[string]struct {
	fits func(string) bool
	cure string
}{
	"id":        {identifier.MatchString, "请用小写英文字母、数字和下划线。"},
	"date":      {isTime(time.DateOnly), "请写成 年-月-日（四位-两位-两位数字）。"},
	"month-day": {isTime("01-02"), "请写成 月-日，例如 01-31。"},
	"city code": {regexp.MustCompile(`^[0-9]{6}$`).MatchString, "请写 GB/T 2260 的六位代码，例如 350100。"},
	"version":   {regexp.MustCompile(`^\d+\.\d+\.\d+$`).MatchString, "请写成 1.0.0 这样的，可参照上一年度的 tables.yaml。"},
	"sheet":     {regexp.MustCompile(`^[^\[\]:*?/\\]{1,31}$`).MatchString, "工作表名请在31字以内，不用 []:*?/\\，这是 Excel 的规定。"},
	"rule code": {codeForm.MatchString, "请写成 LHT-层级-三位序号，例如 LHT-3-001。"},
}

func isTime(layout string) func(string) bool {
	return func(s string) bool { _, err := time.Parse(layout, s); return err == nil }
}

var bounds = map[string]string{"from": "不小于", "over": "大于", "to": "不大于", "under": "小于"}

// references are what tags refer to: how it is called, and what there is.
var references = map[string]struct {
	what string
	all  func(*Definition) []string
}{
	"type": {"栏目类型",
		func(*Definition) []string { return each(fieldTypes, func(t FieldType) string { return string(t) }) }},
	"choice": {"consortia、cities、parks、kinds、yes_no，或 lists 里的一项", func(d *Definition) []string {
		return append(slices.Collect(maps.Keys(d.Form.Lists)), "consortia", "cities", "parks", "kinds", "yes_no")
	}},
	"suggestion": {strings.Join(suggestions, "、") + "之一", func(*Definition) []string { return suggestions }},
	"check":      {"检查方式", func(*Definition) []string { return Checks }},
	"time":       {"公文的时候", func(*Definition) []string { return DocumentTimes }},
	"city":       {"directory.yaml 的地市", offers["cities"]},
	"field": {"form.yaml 的栏目编号",
		func(d *Definition) []string { return each(d.Form.Fields(), func(f *Field) string { return f.ID }) }},
	"kind": {"form.yaml 的 kinds 的 id",
		func(d *Definition) []string { return each(d.Form.Kinds, func(k MemberKind) string { return k.ID }) }},
	"year": {"form.yaml 的 years 的 id",
		func(d *Definition) []string { return each(d.Form.Years, func(y Year) string { return y.ID }) }},
	"book": {"books 里的 id",
		func(d *Definition) []string { return each(d.Sheets.Books, func(b *ReportBook) string { return b.ID }) }},
	"table": {"tables.yaml 的表名",
		func(d *Definition) []string { return each(d.Tables, func(t *Table) string { return t.Name }) }},
	"set":   {"sets 里的名称", func(d *Definition) []string { return slices.Collect(maps.Keys(d.Sheets.Sets)) }},
	"marks": {"marks 里的名称", func(d *Definition) []string { return slices.Collect(maps.Keys(d.Sheets.Marks)) }},
	"codes": {"codes 里的名称", func(d *Definition) []string { return slices.Collect(maps.Keys(d.Sheets.Codes)) }},
	"unit": {"tables.yaml 的 units 里的单位，或在那里补上它和它的 UCUM 代码",
		func(d *Definition) []string { return each(d.Units, func(u Measure) string { return u.Unit }) }},
	"column": {"tables.yaml 里的 表.列，例如 submissions.submission", func(d *Definition) []string {
		return flat(d.Tables, func(t *Table) []string {
			return each(t.Columns, func(c *Column) string { return t.Name + "." + c.Name })
		})
	}},
	"economy": {"directory.yaml 的 economies 的 id，归不进的不写",
		func(d *Definition) []string {
			return each(d.Directory.Economies, func(e Economy) string { return e.ID })
		}},
	"industry": {"directory.yaml 的 industries 之一，归不进的不写",
		func(d *Definition) []string { return d.Directory.Industries }},
	"note": {"form.yaml 的 notes 的 id",
		func(d *Definition) []string { return each(d.Form.notes(), func(n Note) string { return n.ID }) }},
}

// each makes something of every one.
func each[T, V any](of []T, made func(T) V) []V {
	out := make([]V, len(of))
	for i, x := range of {
		out[i] = made(x)
	}
	return out
}

// where gives those that are so.
func where[T any](of []T, is func(T) bool) []T {
	return slices.DeleteFunc(slices.Clone(of), func(x T) bool { return !is(x) })
}

// flat puts together what every one has.
func flat[T, V any](of []T, has func(T) []V) []V { return slices.Concat(each(of, has)...) }

// prove looks at all that some files say, each first by its tags.
func (l *loader) prove(d *Definition, parts []part) {
	for _, p := range parts {
		l.proveTags(d, at{p.file, "$"}, p.says)
	}
	for _, p := range parts {
		p.says.check(l, d)
	}
}

func (l *loader) proveTags(d *Definition, where at, root any) {
	(&prover{l, d, where.file, map[string][]string{}, map[string]bool{}}).look(where.path, reflect.ValueOf(root))
}

// look goes through a value that stands at a path, and through all that it holds.
func (p *prover) look(path string, v reflect.Value) {
	switch v = reflect.Indirect(v); v.Kind() {
	case reflect.Slice:
		for i := range v.Len() {
			if x := reflect.Indirect(v.Index(i)); x.Kind() == reflect.Struct || x.Kind() == reflect.Slice {
				p.look(path+"["+strconv.Itoa(i)+"]", x)
			}
		}
	case reflect.Map:
		for _, key := range v.MapKeys() {
			p.look(path+"."+key.String(), v.MapIndex(key))
		}
	case reflect.Struct:
		if v.CanAddr() {
			if x, ok := v.Addr().Interface().(interface{ stand(at) }); ok {
				x.stand(at{p.file, path})
			}
		}
		var choices, chosen []string // of those tagged one
		for _, m := range p.l.membersOf(v.Type()) {
			x := v.Field(m.index)
			if m.inline {
				p.look(path, x)
				continue
			}
			for _, tag := range m.tags {
				p.tag(path, m.key, tag, v, x)
				if tag == "one" {
					if choices = append(choices, m.key); !x.IsZero() {
						chosen = append(chosen, m.key)
					}
				}
			}
			if x.Kind() == reflect.Struct || m.holds && !x.IsZero() {
				p.look(path+"."+m.key, x)
			}
		}
		if len(choices) > 0 && len(chosen) != 1 {
			wrote := fmt.Sprintf("写了%d样（%s）", len(chosen), strings.Join(chosen, "、"))
			if len(chosen) == 0 {
				wrote = "一样也没有写"
			}
			p.l.problem(at{p.file, path}, named(v)+wrote,
				"恰写一样："+strings.Join(choices, "、")+"。")
		}
	}
}

// member is what a struct of a definition writes under one key.
type member struct {
	index  int
	key    string
	tags   []string
	inline bool // it writes the keys of another struct
	holds  bool // it may hold structs, where it is not nil
}

// membersOf reads the tags of a struct, of each type once.
func (l *loader) membersOf(t reflect.Type) []member {
	if known, ok := l.members[t]; ok {
		return known
	}
	var out []member
	for f := range t.Fields() {
		key, _, _ := strings.Cut(f.Tag.Get("yaml"), ",")
		if !f.IsExported() || key == "-" {
			continue
		}
		k := f.Type.Kind()
		m := member{index: f.Index[0], key: cmp.Or(key, strings.ToLower(f.Name)), inline: f.Anonymous,
			holds: k == reflect.Slice || k == reflect.Pointer || k == reflect.Map}
		if tags := f.Tag.Get("check"); tags != "" {
			m.tags = strings.Split(tags, ",")
		}
		out = append(out, m)
	}
	if l.members == nil {
		l.members = map[reflect.Type][]member{}
	}
	l.members[t] = out
	return out
}

// tag proves one demand on what stands under a key of a struct.
func (p *prover) tag(path, key, tag string, of, x reflect.Value) {
	where := at{p.file, path}
	switch demand, than, _ := strings.Cut(tag, " "); demand {
	case "must":
		if x.IsZero() || x.Kind() == reflect.Slice && x.Len() == 0 {
			p.l.problem(where, named(of)+"缺 "+key, "请补全。")
		}
	case "alone", "once":
		list := path[:max(0, strings.LastIndex(path, "["))]
		if demand == "once" {
			list = ""
		}
		word := fmt.Sprint(list, of.Type(), key, x)
		if !x.IsZero() && p.said[word] {
			p.l.problem(where, key+"“"+fmt.Sprint(x)+"”重复", "每个只写一次，请删去一处或改成别的。")
		}
		p.said[word] = true
	case "in":
		p.oneOf(path, key, x, strings.Fields(than), "可用："+strings.ReplaceAll(than, " ", "、")+"。")
	case "is":
		r := references[than]
		if p.known[than] == nil {
			p.known[than] = r.all(p.d)
		}
		p.oneOf(path, key, x, p.known[than], "请改成"+r.what+"。")
	case "like":
		if word := x.String(); word != "" && !shapes[than].fits(word) {
			p.l.problem(at{p.file, path + "." + key}, key+"“"+word+"”不合格式", shapes[than].cure)
		}
	case "from", "over", "to", "under":
		order := amount(x).Cmp(decimal.RequireFromString(than))
		wrong := map[string]bool{"from": order < 0, "over": order <= 0, "to": order > 0, "under": order >= 0}
		if wrong[demand] {
			said := strings.TrimPrefix(named(of)+"的 ", "的 ") + key + " 是 " + amount(x).String()
			p.l.problem(where, said, "要"+bounds[demand]+than+"。")
		}
	}
}

func amount(x reflect.Value) decimal.Decimal {
	if n, ok := x.Interface().(decimal.Decimal); ok {
		return n
	}
	return decimal.NewFromInt(x.Int())
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

// named is how a struct is called: by its id, or else by what people call it.
func named(v reflect.Value) string {
	for _, key := range []string{"ID", "Code", "Name", "Label", "Title"} {
		if x := v.FieldByName(key); x.IsValid() && x.Kind() == reflect.String && x.String() != "" {
			return "“" + x.String() + "”"
		}
	}
	return ""
}
