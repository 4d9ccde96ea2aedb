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

// validator checks the values of a definition file against the check tags of its structs, and records the position in
// structs that embed a pos. What no tag can express is in the check method of the struct.
//
//	check:"must"       required
//	check:"alone"      unique in its list
//	check:"once"       unique in the file, among structs of its type
//	check:"one"        exactly one of the struct's fields with this tag is set
//	check:"in a b c"   one of these words, or empty; of a list, each
//	check:"is year"    likewise one of the values of references
//	check:"like date"  empty or in this format: see formats
//	check:"from 0"     a number >= 0; over 0: > 0, to 1: <= 1, under 1: < 1
type validator struct {
	l       *loader
	d       *Definition
	file    string
	allowed map[string][]string // values of references, filled when needed
	seen    map[string]bool     // values tagged alone or once
}

// formats are the formats of the tag like, each with the cure of a value that does not match.
var formats = map[string]struct {
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

// references are the value lists of the tag is: what messages call them, and their values.
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
	"city":       {"directory.yaml 的地市", optionLists["cities"]},
	"field":      {"form.yaml 的栏目编号", func(d *Definition) []string { return ids(d.Form.Fields()) }},
	"kind":       {"form.yaml 的 kinds 的 id", func(d *Definition) []string { return ids(d.Form.Kinds) }},
	"year":       {"form.yaml 的 years 的 id", func(d *Definition) []string { return ids(d.Form.Years) }},
	"book":       {"books 里的 id", func(d *Definition) []string { return ids(d.Sheets().Books) }},
	"table":      {"tables.yaml 的表名", func(d *Definition) []string { return ids(d.Published().Tables) }},
	"set":        {"sets 里的名称", func(d *Definition) []string { return slices.Collect(maps.Keys(d.Sheets().Sets)) }},
	"marks":      {"marks 里的名称", func(d *Definition) []string { return slices.Collect(maps.Keys(d.Sheets().Marks)) }},
	"codes":      {"codes 里的名称", func(d *Definition) []string { return slices.Collect(maps.Keys(d.Sheets().Codes)) }},
	"unit": {"tables.yaml 的 units 里的单位，或在那里补上它和它的 UCUM 代码", func(d *Definition) []string {
		return each(d.Published().Units, func(u Measure) string { return u.Unit })
	}},
	"column": {"tables.yaml 里的 表.列，例如 submissions.submission", func(d *Definition) []string {
		return flatMap(d.Published().Tables, func(t *Table) []string {
			return each(t.Columns, func(c *Column) string { return t.Name + "." + c.Name })
		})
	}},
	"economy": {"directory.yaml 的 economies 的 id，归不进的不写",
		func(d *Definition) []string { return ids(d.Directory.Economies) }},
	"industry": {"directory.yaml 的 industries 之一，归不进的不写",
		func(d *Definition) []string { return d.Directory.Industries }},
	"note": {"form.yaml 的 notes 的 id", func(d *Definition) []string { return ids(d.Form.notes()) }},
}

// ids lists the ids of structs, or their names where they have none.
func ids[T any](of []T) []string {
	return each(of, func(x T) string { return idOf(reflect.Indirect(reflect.ValueOf(x))) })
}

func each[T, V any](of []T, made func(T) V) []V {
	out := make([]V, len(of))
	for i, x := range of {
		out[i] = made(x)
	}
	return out
}

func filter[T any](of []T, is func(T) bool) []T {
	return slices.DeleteFunc(slices.Clone(of), func(x T) bool { return !is(x) })
}

// either is the first value where the condition holds, otherwise the second. Both are computed.
func either[T any](holds bool, yes, no T) T {
	if holds {
		return yes
	}
	return no
}

// flatMap concatenates the slices of all elements.
func flatMap[T, V any](of []T, has func(T) []V) []V { return slices.Concat(each(of, has)...) }

// validate validates some files: first the tags of all, then the check methods.
func (l *loader) validate(d *Definition, parts []part) {
	for _, p := range parts {
		l.validateTags(d, pos{p.file, "$"}, p.content)
	}
	for _, p := range parts {
		p.content.check(l, d)
	}
}

func (l *loader) validateTags(d *Definition, where pos, root any) {
	if l.proven {
		return
	}
	(&validator{l, d, where.file, map[string][]string{}, map[string]bool{}}).walk(where.path, reflect.ValueOf(root))
}

// walk validates the value at a path and everything in it.
func (p *validator) walk(path string, v reflect.Value) {
	switch v = reflect.Indirect(v); v.Kind() {
	case reflect.Slice:
		for i := range v.Len() {
			if x := reflect.Indirect(v.Index(i)); x.Kind() == reflect.Struct || x.Kind() == reflect.Slice {
				p.walk(path+"["+strconv.Itoa(i)+"]", x)
			}
		}
	case reflect.Map:
		for _, key := range v.MapKeys() {
			p.walk(path+"."+key.String(), v.MapIndex(key))
		}
	case reflect.Struct:
		if v.CanAddr() {
			if x, ok := v.Addr().Interface().(interface{ setPos(pos) }); ok {
				x.setPos(pos{p.file, path})
			}
		}
		var choices, chosen []string // of those tagged one
		for _, m := range p.l.membersOf(v.Type()) {
			x := v.Field(m.index)
			if m.inline {
				p.walk(path, x)
				continue
			}
			for _, tag := range m.tags {
				p.checkTag(path, m.key, tag, v, x)
				if tag == "one" {
					if choices = append(choices, m.key); !x.IsZero() {
						chosen = append(chosen, m.key)
					}
				}
			}
			if x.Kind() == reflect.Struct || m.holds && !x.IsZero() {
				p.walk(path+"."+m.key, x)
			}
		}
		if len(choices) > 0 && len(chosen) != 1 {
			wrote := fmt.Sprintf("写了%d样（%s）", len(chosen), strings.Join(chosen, "、"))
			wrote = either(len(chosen) == 0, "一样也没有写", wrote)
			p.l.problem(pos{p.file, path}, displayName(v)+wrote, "恰写一样："+strings.Join(choices, "、")+"。")
		}
	}
}

// member is one YAML key of a struct.
type member struct {
	index  int
	key    string
	tags   []string
	inline bool // an embedded struct, whose keys are the outer struct's
	holds  bool // a slice, pointer or map, which may hold structs
}

// membersOf lists the YAML keys of a struct type with their tags, cached by type.
func (l *loader) membersOf(t reflect.Type) []member {
	if known, ok := l.membersByType[t]; ok {
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
	if l.membersByType == nil {
		l.membersByType = map[reflect.Type][]member{}
	}
	l.membersByType[t] = out
	return out
}

// checkTag checks the value x of a key of the struct of against one tag.
func (p *validator) checkTag(path, key, tag string, of, x reflect.Value) {
	where := pos{p.file, path}
	switch kind, arg, _ := strings.Cut(tag, " "); kind {
	case "must":
		if x.IsZero() || x.Kind() == reflect.Slice && x.Len() == 0 {
			p.l.problem(where, displayName(of)+"缺 "+key, "请补全。")
		}
	case "alone", "once":
		list := either(kind == "once", "", path[:max(0, strings.LastIndex(path, "["))])
		word := fmt.Sprint(list, of.Type(), key, x)
		if !x.IsZero() && p.seen[word] {
			p.l.problem(where, key+"“"+fmt.Sprint(x)+"”重复", "每个只写一次，请删去一处或改成别的。")
		}
		p.seen[word] = true
	case "in":
		p.oneOf(path, key, x, strings.Fields(arg), "可用："+strings.ReplaceAll(arg, " ", "、")+"。")
	case "is":
		r := references[arg]
		if p.allowed[arg] == nil {
			p.allowed[arg] = r.all(p.d)
		}
		p.oneOf(path, key, x, p.allowed[arg], "请改成"+r.what+"。")
	case "like":
		if word := x.String(); word != "" && !formats[arg].fits(word) {
			p.l.problem(pos{p.file, path + "." + key}, key+"“"+word+"”不合格式", formats[arg].cure)
		}
	case "from", "over", "to", "under":
		order := toDecimal(x).Cmp(decimal.RequireFromString(arg))
		wrong := map[string]bool{"from": order < 0, "over": order <= 0, "to": order > 0, "under": order >= 0}
		if wrong[kind] {
			subject := strings.TrimPrefix(displayName(of)+"的 ", "的 ") + key + " 是 " + toDecimal(x).String()
			p.l.problem(where, subject, "要"+bounds[kind]+arg+"。")
		}
	}
}

func toDecimal(x reflect.Value) decimal.Decimal {
	if n, ok := x.Interface().(decimal.Decimal); ok {
		return n
	}
	return decimal.NewFromInt(x.Int())
}

// oneOf checks that a word, or each word of a list, is a known one.
func (p *validator) oneOf(path, key string, x reflect.Value, known []string, cure string) {
	if x.Kind() == reflect.Slice {
		for i := range x.Len() {
			p.oneOf(path, key, x.Index(i), known, cure)
		}
		return
	}
	if word := x.String(); word != "" && !slices.Contains(known, word) {
		p.l.problem(pos{p.file, path + "." + key}, key+"“"+word+"”不认识", cure)
	}
}

// displayName names a struct in messages.
func displayName(v reflect.Value) string { return either(idOf(v) == "", "", "“"+idOf(v)+"”") }

// idOf is the id of a struct, or else its code, name, label or title.
func idOf(v reflect.Value) string {
	for _, key := range []string{"ID", "Code", "Name", "Label", "Title"} {
		if x := v.FieldByName(key); x.IsValid() && x.Kind() == reflect.String && x.String() != "" {
			return x.String()
		}
	}
	return ""
}
