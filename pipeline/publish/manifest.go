package publish

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"lianheti/stages/model"
	"lianheti/stages/office/try"
	"lianheti/stages/text"
)

// Version is the version of the program, which run.json and --version show.
const Version = "0.2.0"

// ManifestName is the file name of the manifest, beside the results.
const ManifestName = "run.json"

// Manifest is run.json: inputs, outputs, definition and options of a run.
type Manifest struct {
	Year     int      `json:"year"`
	Version  string   `json:"version"`
	Date     string   `json:"date,omitempty"`    // as given with --date
	State    string   `json:"state"`             // how many marks are in, see table.State
	Trial    []string `json:"trial,omitempty"`   // how the definition differs from the one in force
	Meeting  string   `json:"meeting,omitempty"` // name of a meeting copy
	DataRoot string   `json:"data_root"`         // see HashData; printed in the results
	// sha256 of this file with "root" empty; printed on the console
	Root       string            `json:"root"`
	Definition map[string]string `json:"definition"` // file: sha256
	Options    Options           `json:"options"`
	Previous   *RunRef           `json:"previous,omitempty"`    // the run of the same year that this one was compared with
	Earlier    []RunRef          `json:"earlier,omitempty"`     // runs of earlier years, with the commitments
	Register   *Source           `json:"register,omitempty"`    // the Department's register
	Opinions   *Source           `json:"opinions,omitempty"`    // a meeting's advice on the previous run
	AllowTrial bool              `json:"allow_trial,omitempty"` // other weights may be tried in 会审.html
	From       *RunRef           `json:"from,omitempty"`        // tables read instead of the inputs
	Inputs     []Input           `json:"inputs"`
	Marks      []Input           `json:"marks,omitempty"` // the experts' workbooks
	Outputs    []Output          `json:"outputs"`
	Counts     Counts            `json:"counts"`

	tables []Output // of HashData, not to be hashed twice
}

// Options are the options that affect the results.
type Options struct {
	Select  int    `json:"select"`
	Draws   int    `json:"draws"`
	Seed    uint64 `json:"seed"`
	Rescale bool   `json:"rescale,omitempty"` // the scales were computed anew
	ReplyBy string `json:"reply_by,omitempty"`
}

// RunRef refers to an earlier run by the hash of its manifest, which in turn has the hashes of all its files.
type RunRef struct {
	Year   int    `json:"year,omitempty"` // 0: the same as the run's
	Date   string `json:"date,omitempty"`
	SHA256 string `json:"sha256"` // of its run.json; in Manifest.From, of its data package
}

// Source is an input of another kind: the register, a meeting's opinions.
type Source struct {
	Name    string `json:"name"`
	SHA256  string `json:"sha256"`
	Entries int    `json:"entries"`
}

// Same reports whether two runs read the same content, or both read none.
func (s *Source) Same(other *Source) bool {
	if s == nil || other == nil {
		return s == other
	}
	return s.SHA256 == other.SHA256
}

// Input is an input file.
type Input struct {
	Path   string     `json:"path"`
	SHA256 string     `json:"sha256"`
	Size   int64      `json:"size"`
	Fate   model.Fate `json:"fate"`
	Code   string     `json:"code"`
}

// Output is a file of the results.
type Output struct {
	Path   string `json:"path"`
	SHA256 string `json:"sha256"`
	Size   int64  `json:"size"`
}

// Counts balance: files = accepted + superseded + rejected + ignored, and cells_read = cells_used + cells_explained.
type Counts struct {
	Files          int `json:"files"`
	Accepted       int `json:"accepted"`
	Superseded     int `json:"superseded"`
	Rejected       int `json:"rejected"`
	Ignored        int `json:"ignored"`
	Submissions    int `json:"submissions"`
	CellsRead      int `json:"cells_read"`
	CellsUsed      int `json:"cells_used"`
	CellsExplained int `json:"cells_explained"`
	Findings       int `json:"findings"`
}

// HashData sets data_root, the hash of the basis and of the files with the tables, before the workbooks that print it.
// A run repeated from its tables (--from) has the same.
func (m *Manifest) HashData(tables []Output) {
	basis := Manifest{Year: m.Year, Version: m.Version, Date: m.Date, Definition: m.Definition, Options: m.Options,
		Previous: m.Previous, Earlier: m.Earlier,
		Register: m.Register, Opinions: m.Opinions, Inputs: m.Inputs, Marks: m.Marks}
	slices.SortFunc(tables, comparePaths)
	basis.Outputs, m.tables = tables, tables
	m.DataRoot = model.Digest(basis.encode())
}

func comparePaths(a, b Output) int { return strings.Compare(a.Path, b.Path) }

// Seal adds the outputs in dir and the root hash, and writes the manifest there.
func (m *Manifest) Seal(dir string) (err error) {
	defer try.Caught(&err)
	m.Outputs, m.Root = try.Get(Outputs(dir, m.tables...)), ""
	m.Root = model.Digest(m.encode())
	return os.WriteFile(filepath.Join(dir, ManifestName), m.encode(), 0o644)
}

func (m *Manifest) encode() []byte { return text.JSON(m, true) }

// ReadManifest reads run.json of a results folder, and fails if it was changed.
func ReadManifest(dir string) (*Manifest, error) {
	name := filepath.Join(dir, ManifestName)
	info, err := os.Lstat(name)
	if err == nil && !info.Mode().IsRegular() {
		err = fmt.Errorf("它是一个%s", entry{Mode: info.Mode()}.kind())
	}
	var data []byte
	if err == nil {
		data, err = os.ReadFile(name)
	}
	m := &Manifest{}
	switch wrong := json.Unmarshal(data, m); {
	case err != nil:
		return nil, fmt.Errorf("%s 里没有可读的 %s，不是一次运行的结果：%w", dir, ManifestName, err)
	case wrong != nil:
		return nil, fmt.Errorf("%s 已损坏，不是一份完整的 JSON", name)
	case m.Year == 0 || m.Version == "" || len(m.Outputs) == 0:
		return nil, fmt.Errorf("%s 不是本程序的运行记录", name)
	case m.Root == "":
		return m, nil // written by an earlier version; matchesManifest proves it
	}
	blank := *m
	blank.Root = ""
	if model.Digest(blank.encode()) != m.Root || !bytes.Equal(m.encode(), data) {
		return nil, fmt.Errorf("%s 被改动过：与它自己的校验值（root）不符", name)
	}
	return m, nil
}

// Difference is a published file that has changed since.
type Difference struct {
	Path string
	What string // 缺失, 内容已变, 改名为 …, 多出, 换成了链接 …
}

// Verify lists what differs between a folder and its manifest, by path. It follows no link and opens no pipe.
func Verify(dir string) (_ *Manifest, _ []Difference, err error) {
	defer try.Caught(&err)
	inv, err := readInventory(realPath(dir))
	if err == nil {
		err = inv.invalid
	}
	if err != nil {
		return nil, nil, cmp.Or(interruptedError(dir), err)
	}
	diff, extra, there := []Difference{}, []entry(nil), map[string]bool{}
	for _, e := range inv.entries {
		there[e.Path] = true
		switch o, listed := inv.listed[e.Path]; {
		case !listed && e.Mode.IsDir() && inv.folders[e.Path]:
		case !listed:
			extra = append(extra, e)
		case e.kind() != "":
			diff = append(diff, Difference{o.Path, "换成了" + e.kind()})
		case try.Get(inv.hash(e.Path)) != o.SHA256:
			diff = append(diff, Difference{o.Path, "内容已变"})
		}
	}
	for _, o := range inv.manifest.Outputs {
		if there[o.Path] {
			continue
		}
		i := slices.IndexFunc(extra, func(e entry) bool { return inv.hasContent(e, o.SHA256) })
		if i < 0 {
			diff = append(diff, Difference{o.Path, "缺失"})
			continue
		}
		diff = append(diff, Difference{o.Path, "改名为 " + extra[i].Path})
		extra = slices.Delete(extra, i, i+1)
	}
	for _, e := range extra {
		diff = append(diff, Difference{e.Path, "多出" + e.kind()})
	}
	slices.SortFunc(diff, func(a, b Difference) int { return strings.Compare(a.Path, b.Path) })
	return inv.manifest, diff, nil
}

// interruptedError says where the old results are, if a run was killed while renaming; otherwise nil.
func interruptedError(dir string) error {
	old := filepath.Join(filepath.Dir(filepath.Clean(dir)), "."+filepath.Base(filepath.Clean(dir))+".old")
	if _, err := os.Lstat(dir); err == nil {
		return nil
	}
	if _, err := checkOwnResult(old); err != nil {
		return nil
	}
	return fmt.Errorf("上次运行在换上新结果时中断：旧结果完整地在 %s，下次运行会先把它放回；要现在核对，用 lianheti verify %s", old, old)
}

// Outputs lists the files below dir, except the manifest, by path. Those that are known are not hashed again.
func Outputs(dir string, known ...Output) (out []Output, err error) {
	defer try.Caught(&err)
	out = []Output{}
	for _, e := range try.Get(readInventory(dir)).entries {
		hashed := slices.IndexFunc(known, func(o Output) bool { return o.Path == e.Path })
		switch {
		case e.Mode.IsDir():
		case hashed >= 0:
			out = append(out, known[hashed])
		default:
			sum, size, err := hashFile(filepath.Join(dir, filepath.FromSlash(e.Path)))
			try.Do(err)
			out = append(out, Output{e.Path, sum, size})
		}
	}
	slices.SortFunc(out, comparePaths)
	return out, nil
}
