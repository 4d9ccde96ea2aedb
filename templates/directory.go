package templates

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"lianheti/stages/text"
)

// Directory is 附件1, the directory of consortia, with the calendar of the batch.
type Directory struct {
	Batch    int
	Deadline string `check:"must,like date"` // ISO date; 二（三）
	Calendar Calendar
	Select   struct{ Default, Min, Max int }
	// Addressee is who receives the submissions, for the texts of notices.
	Addressee struct{ Office, Email string }
	// Economies are the four that the province serves: which one lead industries belong to.
	Economies []Economy
	// Horizon are the words by which a plan says how far it reaches.
	Horizon []string
	Cities  []City `check:"must"`
	// Industries are those of the parks that the call names.
	Industries []string
	Entries    []Entry `check:"must"`

	names, parks []string // of the entries, once: see list
}

// Calendar is what else has its day; zero: nothing is set, and documents leave the place open.
type Calendar struct {
	MendDays      int    `yaml:"mend_days" check:"from 0"`      // from the day of the return
	PublicityDays int    `yaml:"publicity_days" check:"from 0"` // working days
	AnnualReport  string `yaml:"annual_report" check:"like month-day"`
}

// ReplyBy is the ISO date by which to answer what is written on a date; empty where nothing says one. Who has not
// reported is held to the deadline as long as it is ahead; a mended form may come later.
func (d *Directory) ReplyBy(date string, mended bool) string {
	day, err := time.Parse(time.DateOnly, date)
	by, deadline := "", ""
	if err == nil && date < d.Deadline {
		deadline = d.Deadline
	}
	if err == nil && d.Calendar.MendDays > 0 && (mended || deadline == "") {
		by = day.AddDate(0, 0, d.Calendar.MendDays).Format(time.DateOnly)
	}
	return max(by, deadline)
}

// Economy is a field of the economy, with the words that tell an industry of it.
type Economy struct {
	ID, Label string
	Words     []string
}

// Words gives a list that expressions look for: an economy's by its id, those of all economies, or horizon; or nil.
func (d *Directory) Words(list string) []string {
	if list == "horizon" {
		return d.Horizon
	}
	return flat(d.Economies, func(e Economy) []string {
		if list == e.ID || list == "economies" {
			return e.Words
		}
		return nil
	})
}

// EconomiesOf gives the labels of a consortium's economies: the directory's, or else what its industries mention.
func (d *Directory) EconomiesOf(consortium, industries string) (out []string) {
	entry, pair, _ := d.ByConsortium(consortium)
	put := cmp.Or(pair.Economy, entry.Economy)
	for _, e := range d.Economies {
		said := slices.ContainsFunc(e.Words, func(w string) bool { return strings.Contains(industries, w) })
		if e.ID == put || put == "" && said {
			out = append(out, e.Label)
		}
	}
	return out
}

// setting shows what the call says of one of its settings; empty where there is none of that name.
func (d *Directory) setting(id string) string {
	switch id {
	case "deadline":
		return "报送期限 " + d.Deadline
	case "select":
		return fmt.Sprintf("遴选%d—%d家", d.Select.Min, d.Select.Max)
	case "addressee":
		return d.Addressee.Office + " " + d.Addressee.Email
	case "economies":
		return strings.Join(each(d.Economies, func(e Economy) string { return e.Label }), "、")
	}
	return ""
}

// City is one of the nine prefectures, with its GB/T 2260 code.
type City struct {
	Code string `check:"must,like city code"`
	Name string `check:"must"`
}

// Entry is one consortium of the directory.
type Entry struct {
	No         int    `check:"alone"`
	Consortium string `check:"must"`
	City       string `check:"must,is city"`
	Park       string `check:"must"`
	National   string // official remark where the consortium is national already and does not report; empty otherwise
	Adjusted   string `yaml:"-"` // on what it rests that it is not as printed; empty where it is
	// Alternatives are pairs of name and park that may stand instead (附件1 序号7).
	Alternatives []Pair
	Group        `yaml:",inline"`
	at           `yaml:"-"`
}

// Note says behind a name on what it rests that the entry is not as printed.
func (e Entry) Note() string {
	if e.Adjusted == "" {
		return ""
	}
	return "（" + e.Adjusted + "）"
}

// Group puts a consortium that the directory puts nowhere: the id of an economy, an industry; empty: none fits.
type Group struct {
	Economy  string `check:"is economy"`
	Industry string `check:"is industry"`
}

// Pair is a consortium's name with the park that belongs to it.
type Pair struct {
	Consortium, Park string           `check:"must"`
	Group            `yaml:",inline"` // where it is another than the entry's
}

// Pairs lists the entry's own name and park first, then the alternatives.
func (e Entry) Pairs() []Pair {
	return append([]Pair{{e.Consortium, e.Park, e.Group}}, e.Alternatives...)
}

// ByConsortium finds the entry and the pair that carry a consortium's name; ok is false where none does.
func (d *Directory) ByConsortium(name string) (entry Entry, pair Pair, ok bool) {
	for i := range d.Entries { // by place: an entry is large
		e := &d.Entries[i]
		if e.Consortium == name {
			return *e, Pair{e.Consortium, e.Park, e.Group}, true
		}
		for _, p := range e.Alternatives {
			if p.Consortium == name {
				return *e, p, true
			}
		}
	}
	return Entry{}, Pair{}, false
}

// Adjustment is an agreed change of the directory: another park, or one more consortium, be it in another's place.
type Adjustment struct{ Consortium, Park, City, Replaces, Basis string }

// AddedFrom is the number of the first entry that the printed directory does not have.
const AddedFrom = 1001

// Adjusted is the same definition with another directory: of this run alone, its files are what they were.
func (d *Definition) Adjusted(agreed []Adjustment) (*Definition, error) {
	if len(agreed) == 0 {
		return d, nil
	}
	out, err := LoadTexts(d.Texts, d.Year) // afresh: rules look into the directory that they were loaded with
	if err != nil {
		return nil, err
	}
	out.dir, out.Register = d.dir, d.Register // whose entries stay what they are
	for i, a := range agreed {
		out.Directory.adjust(a, AddedFrom+i)
	}
	out.Directory.list()
	if out.Progress != nil {
		out.Progress.Register, out.Progress.Directory.Entries = d.Register, out.Directory.Entries
		out.Progress.Directory.list()
	}
	return out, nil
}

func (d *Directory) adjust(a Adjustment, no int) {
	for i := range d.Entries {
		e := &d.Entries[i]
		if e.Consortium == a.Consortium {
			e.Park, e.Adjusted = a.Park, a.Basis
			return
		}
		if k := slices.IndexFunc(e.Alternatives, func(p Pair) bool { return p.Consortium == a.Consortium }); k >= 0 {
			e.Alternatives[k].Park, e.Adjusted = a.Park, a.Basis
			return
		}
	}
	added := Entry{No: no, Consortium: a.Consortium, City: a.City, Park: a.Park, Adjusted: a.Basis}
	if e, _, listed := d.ByConsortium(a.Replaces); listed {
		d.Entries = slices.DeleteFunc(d.Entries, func(x Entry) bool { return x.No == e.No })
	}
	d.Entries = append(d.Entries, added)
}

// Names lists the consortia, the alternatives included.
func (d *Directory) Names() []string { return d.names }

// list puts together what every workbook is compared with. It goes with the entries.
func (d *Directory) list() {
	d.names, d.parks = nil, nil
	offered := map[string]bool{} // a park may have several consortia
	for _, p := range flat(d.Entries, Entry.Pairs) {
		if d.names = append(d.names, p.Consortium); !offered[p.Park] {
			d.parks, offered[p.Park] = append(d.parks, p.Park), true
		}
	}
}

// Plain is a name without what the directory prints behind it in brackets: that it is national, or an alternative.
func (d *Directory) Plain(name string) string {
	head, bracket, more := strings.Cut(text.NameKey(name), "(")
	if !more {
		return name
	}
	for _, e := range d.Entries {
		remarks := [2][]string{{e.National}, nil}
		for _, p := range e.Alternatives {
			remarks[0], remarks[1] = append(remarks[0], "或"+p.Consortium), append(remarks[1], "或"+p.Park)
		}
		for i, plain := range []string{e.Consortium, e.Park} {
			for _, remark := range remarks[i] {
				if remark != "" && text.NameKey(plain) == head && text.NameKey(remark)+")" == bracket {
					return plain
				}
			}
		}
	}
	return name
}

// CityByName finds a prefecture; 福州市 is 福州.
func (d *Directory) CityByName(name string) (City, bool) {
	return find(d.Cities, func(c City) bool { return c.Name == strings.TrimSuffix(name, "市") })
}

func (d *Directory) check(l *loader, def *Definition) {
	seen := map[string]bool{}
	for _, e := range d.Entries {
		for _, p := range e.Pairs() {
			l.when(seen[p.Consortium], e.at, "联合体名称“"+p.Consortium+"”重复", "请删去重复的一条。")
			seen[p.Consortium] = true
		}
	}
	committed := first(def.Form.Years, func(y Year) bool { return y.Kind == Committed }).Year
	l.when(d.Batch != committed, at{"directory.yaml", "$.batch"},
		fmt.Sprintf("批次 %d 与 form.yaml 的第一个承诺年度 %d 不同", d.Batch, committed), "请统一两处的年份。")
}
