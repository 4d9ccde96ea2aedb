package templates

import (
	"cmp"
	"fmt"
	"path"
	"slices"
	"strings"
	"time"
	"unicode"

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
	// Economies are the four economies of the call, to which lead industries belong.
	Economies []Economy
	// Horizon are words by which a plan states its time frame.
	Horizon []string
	// Schools are words that the names of schools hold.
	Schools []string
	// WordLists are the other word lists of the rules, by name.
	WordLists map[string][]string `yaml:"words"`
	Cities    []City              `check:"must"`
	// Industries are the industries of the parks named in the call.
	Industries []string
	Entries    []Entry `check:"must"`

	// Of all entries, see index: names and parks, each once; entries by number and by name key, pairs by name.
	names, parks []string
	numbers      map[int]*Entry
	keys         map[string]*Entry
	pairs        map[string]listed
	remarked     map[string]string // names and parks by the key of what the directory prints, with a remark in brackets
}

type listed struct {
	entry *Entry
	pair  Pair
}

// Calendar has the other dates of the call. A zero value is not set, and documents leave the place open.
type Calendar struct {
	MendDays      int    `yaml:"mend_days" check:"from 0"`      // to correct a submission, from the day of the return
	PublicityDays int    `yaml:"publicity_days" check:"from 0"` // working days
	AnnualReport  string `yaml:"annual_report" check:"like month-day"`
}

// ReplyBy is the ISO date by which to answer a letter of a date; empty where none is set. A missing report is due by
// the deadline as long as that is ahead; a corrected one (mended) may come MendDays later.
func (d *Directory) ReplyBy(date string, mended bool) string {
	day, err := time.Parse(time.DateOnly, date)
	by, deadline := "", either(err == nil && date < d.Deadline, d.Deadline, "")
	if err == nil && d.Calendar.MendDays > 0 && (mended || deadline == "") {
		by = day.AddDate(0, 0, d.Calendar.MendDays).Format(time.DateOnly)
	}
	return max(by, deadline)
}

// Economy is a sector of the economy, with the words by which its industries are recognised.
type Economy struct {
	ID, Label string
	Words     []string
}

// Words returns a word list of the function mentions: of an economy's id, of all economies, horizon, schools, or one
// of words; or nil.
func (d *Directory) Words(list string) []string {
	switch words := d.WordLists[list]; {
	case list == "horizon":
		return d.Horizon
	case list == "schools":
		return d.Schools
	case words != nil:
		return words
	}
	return flatMap(d.Economies, func(e Economy) []string {
		return either(list == e.ID || list == "economies", e.Words, nil)
	})
}

// EconomiesOf lists the labels of a consortium's economies: as in the directory, or else those its industries mention.
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

// settingText describes a setting of the call by its name; empty where there is none.
func (d *Directory) settingText(id string) string {
	return map[string]string{
		"deadline":  "报送期限 " + d.Deadline,
		"select":    fmt.Sprintf("遴选%d—%d家", d.Select.Min, d.Select.Max),
		"addressee": d.Addressee.Office + " " + d.Addressee.Email,
		"economies": strings.Join(each(d.Economies, func(e Economy) string { return e.Label }), "、"),
	}[id]
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
	Adjusted   string `yaml:"-"` // basis on which the entry differs from the printed directory; empty where it does not
	// Alternatives are other pairs of name and park for the same entry (附件1 序号7).
	Alternatives   []Pair
	Classification `yaml:",inline"`
	pos            `yaml:"-"`
}

// AdjustmentNote is Adjusted in brackets, to be put after the name; empty where the entry is as printed.
func (e Entry) AdjustmentNote() string { return either(e.Adjusted == "", "", "（"+e.Adjusted+"）") }

// Classification is a consortium's economy (id) and industry; the official directory has neither. Empty: none fits.
type Classification struct {
	Economy  string `check:"is economy"`
	Industry string `check:"is industry"`
}

// Pair is a consortium's name with its park.
type Pair struct {
	Consortium, Park string           `check:"must"`
	Classification   `yaml:",inline"` // where it is another than the entry's
}

// Pairs lists the entry's own name and park first, then the alternatives.
func (e Entry) Pairs() []Pair {
	return append([]Pair{{e.Consortium, e.Park, e.Classification}}, e.Alternatives...)
}

// ByConsortium finds the entry and the pair that carry a consortium's name; ok is false where none does.
func (d *Directory) ByConsortium(name string) (entry Entry, pair Pair, ok bool) {
	if at, listed := d.pairs[name]; listed {
		return *at.entry, at.pair, true
	}
	return entry, pair, false
}

// ByNameKey finds the entry that a name means, however it is typed; nil where none does.
func (d *Directory) ByNameKey(name string) *Entry { return d.keys[text.NameKey(name)] }

// ByNumber finds an entry by its number; nil where there is none.
func (d *Directory) ByNumber(no int) *Entry { return d.numbers[no] }

// Adjustment is an agreed change of the directory: another park, or a new consortium, which may replace another.
type Adjustment struct{ Consortium, Park, City, Replaces, Basis string }

// AddedFrom is the number of the first entry that is not in the printed directory.
const AddedFrom = 1001

// Adjusted returns the definition with agreed changes of its directory, for this run only: the files do not change.
func (d *Definition) Adjusted(agreed []Adjustment) (*Definition, error) {
	if len(agreed) == 0 {
		return d, nil
	}
	out, err := LoadTexts(d.Texts, d.Year) // load again: compiled rules refer to their directory
	if err != nil {
		return nil, err
	}
	out.dir, out.Register = d.dir, d.Register // entries of the register refer to its sheets
	for i, a := range agreed {
		out.Directory.adjust(a, AddedFrom+i)
		out.Directory.index() // the next one may replace an entry that this one added
	}
	if out.Progress != nil {
		out.Progress.Register, out.Progress.Directory.Entries = d.Register, out.Directory.Entries
		out.Progress.Directory.index()
	}
	return out, nil
}

func (d *Directory) adjust(a Adjustment, no int) {
	if at, known := d.pairs[a.Consortium]; known {
		at.entry.Adjusted = a.Basis
		if at.entry.Consortium == a.Consortium {
			at.entry.Park = a.Park
			return
		}
		k := slices.IndexFunc(at.entry.Alternatives, func(p Pair) bool { return p.Consortium == a.Consortium })
		at.entry.Alternatives[k].Park = a.Park
		return
	}
	added := Entry{No: no, Consortium: a.Consortium, City: a.City, Park: a.Park, Adjusted: a.Basis}
	if e, _, listed := d.ByConsortium(a.Replaces); listed {
		d.Entries = slices.DeleteFunc(d.Entries, func(x Entry) bool { return x.No == e.No })
	}
	d.Entries = append(d.Entries, added)
}

// Names lists all consortia, with the alternatives.
func (d *Directory) Names() []string { return d.names }

// index makes the entries be found; to be called whenever they change. Of two with one name the first is found.
func (d *Directory) index() {
	d.names, d.parks = nil, nil
	d.numbers, d.keys, d.pairs = map[int]*Entry{}, map[string]*Entry{}, map[string]listed{}
	d.remarked = map[string]string{}
	remark := func(plain, in string) { d.remarked[text.NameKey(plain+"("+in+")")] = plain }
	offered := map[string]bool{} // a park may have several consortia
	for i := range d.Entries {
		e := &d.Entries[i]
		if d.numbers[e.No] = e; e.National != "" {
			remark(e.Consortium, e.National)
		}
		for _, p := range e.Alternatives {
			remark(e.Consortium, "或"+p.Consortium)
			remark(e.Park, "或"+p.Park)
		}
		for _, p := range e.Pairs() {
			if d.names = append(d.names, p.Consortium); !offered[p.Park] {
				d.parks, offered[p.Park] = append(d.parks, p.Park), true
			}
			if _, known := d.pairs[p.Consortium]; !known {
				d.pairs[p.Consortium] = listed{e, p}
			}
			if key := text.NameKey(p.Consortium); d.keys[key] == nil {
				d.keys[key] = e
			}
		}
	}
}

// WithoutRemark strips from a name the remark that the directory prints in brackets: national, or an alternative.
func (d *Directory) WithoutRemark(name string) string {
	if !strings.ContainsAny(name, "(（") {
		return name
	}
	return cmp.Or(d.remarked[text.NameKey(name)], name)
}

// CityByName finds a prefecture; 福州市 is 福州.
func (d *Directory) CityByName(name string) (City, bool) {
	return find(d.Cities, func(c City) bool { return c.Name == strings.TrimSuffix(name, "市") })
}

// CityOfFolder returns the prefecture in whose folder or archive a file lies: by the first folder with its name, or
// else by the first that contains the name of just one; empty if there is none.
func (d *Directory) CityOfFolder(file string) (city string) {
	for folder := range strings.SplitSeq(path.Dir(file), "/") {
		name := strings.TrimFunc(strings.TrimSuffix(folder, ".zip"), func(r rune) bool { return !unicode.IsLetter(r) })
		if c, ok := d.CityByName(name); ok { // 3502 厦门市
			return c.Name
		}
		city = cmp.Or(city, d.CityIn(folder))
	}
	return city
}

// CityIn returns the prefecture that a text names; empty if it names none or several.
func (d *Directory) CityIn(words string) string {
	absent := func(c City) bool { return !strings.Contains(text.NameKey(words), text.NameKey(c.Name)) }
	if named := slices.DeleteFunc(slices.Clone(d.Cities), absent); len(named) == 1 {
		return named[0].Name
	}
	return ""
}

func (d *Directory) check(l *loader, def *Definition) {
	seen := map[string]bool{}
	for _, e := range d.Entries {
		for _, p := range e.Pairs() {
			l.problemIf(seen[p.Consortium], e.pos, "联合体名称“"+p.Consortium+"”重复", "请删去重复的一条。")
			seen[p.Consortium] = true
		}
	}
	committed := first(def.Form.Years, func(y Year) bool { return y.Kind == Committed }).Year
	l.problemIf(d.Batch != committed, pos{"directory.yaml", "$.batch"},
		fmt.Sprintf("批次 %d 与 form.yaml 的第一个承诺年度 %d 不同", d.Batch, committed), "请统一两处的年份。")
}
