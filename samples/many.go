package samples

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"lianheti/pipeline/publish"
	"lianheti/stages/blankform"
	"lianheti/stages/office/try"
	"lianheti/stages/workers"
	"lianheti/templates"

	"github.com/shopspring/decimal"
)

// Many writes n workbooks of fictitious consortia to out/in, and a definition with all of them in its directory to
// out/definition/<year>. Each is a fixture without defects under another name, with scaled figures, renamed members
// and shuffled texts, so that none counts as a copy. One in `returned` lacks its park and is returned; 0: none.
func Many(out string, d *templates.Definition, fixtures []Fixture, n, returned int) error {
	sound := slices.DeleteFunc(slices.Clone(fixtures), func(f Fixture) bool { return len(f.Defects) > 0 })
	if len(sound) == 0 || out == "" {
		return fmt.Errorf("没有可用的样例，或没有写 -out")
	}
	var entries strings.Builder
	var work []func() error
	for i := range n {
		city := d.Directory.Cities[i%len(d.Directory.Cities)].Name
		name := fmt.Sprintf("样例%05d产教联合体", i+1)
		park := fmt.Sprintf("样例园区%05d", i+1)
		fmt.Fprintf(&entries, "  - {no: %d, consortium: %s, city: %s, park: %s}\n", i+1, name, city, park)
		if returned > 0 && i%returned == 0 {
			park = ""
		}
		work = append(work, func() error { return writeOne(out, d, sound[i%len(sound)], i, city, name, park) })
	}
	if err := workers.Each(0, slices.Values(work), func(do func() error) error { return do() }); err != nil {
		return err
	}
	return writeDefinition(out, d.Year, entries.String())
}

func writeOne(out string, d *templates.Definition, f Fixture, i int, city, name, park string) (err error) {
	defer try.Caught(&err)
	v := try.Get(f.values(d))
	// Each consortium has its own scale, the same for all years, so that no rule fails. With few different scales many
	// consortia would look like the same one under another name.
	scale := decimal.New(int64(7000+i*3701%6000), -4)
	for ref, value := range v.Fields {
		switch field := d.Field(ref.Field); {
		case value.Number != nil && field.Metric() && field.Type != templates.PercentField &&
			!slices.Contains(field.Topics, templates.Funding): // whose parts have to add up to the last digit
			n := value.Number.Mul(scale).Round(*field.Decimals)
			if n.GreaterThanOrEqual(decimal.NewFromInt(100)) { // what is near the scale of another is not near its figures
				n = n.Add(decimal.NewFromInt(int64(i % 9)))
			}
			value = blankform.Value{Number: &n}
		case field.Limit > 0 && value.Text != "":
			value.Text = shuffled(value.Text, uint64(i), uint64(len(ref.Field)+ref.Year))
		case field.ID == "lead_school" || field.ID == "lead_enterprise":
			value.Text = ownName(value.Text, i)
		}
		v.Fields[ref] = value
	}
	for id, text := range map[string]string{"consortium": name, "city": city, "park": park} {
		v.Fields[templates.Ref{Field: id}] = blankform.Value{Text: text}
	}
	for _, member := range v.Records["members"] {
		member["members_name"] = blankform.Value{Text: ownName(member["members_name"].Text, i)}
	}
	var b bytes.Buffer
	try.Do(blankform.Fill(&b, d, v))
	return publish.WriteFile(filepath.Join(out, "in", city, name+".xlsx"), b.Bytes())
}

func ownName(name string, i int) string { return fmt.Sprintf("%05d%s", i+1, name) }

func shuffled(text string, seed, stream uint64) string {
	runes := []rune(text)
	rand.New(rand.NewPCG(seed, stream)).Shuffle(len(runes), func(a, b int) { runes[a], runes[b] = runes[b], runes[a] })
	return string(runes)
}

var directoryEntries = regexp.MustCompile(`(?s)\nentries:\n.*$`)

func writeDefinition(out string, year int, entries string) (err error) {
	defer try.Caught(&err)
	from := filepath.Join("templates", strconv.Itoa(year))
	to := filepath.Join(out, "definition", strconv.Itoa(year))
	for _, name := range try.Get(filepath.Glob(filepath.Join(from, "*.yaml"))) {
		data := try.Get(os.ReadFile(name))
		if filepath.Base(name) == "directory.yaml" {
			data = directoryEntries.ReplaceAll(data, []byte("\nentries:\n"+strings.ReplaceAll(entries, "$", "$$")))
		}
		try.Do(publish.WriteFile(filepath.Join(to, filepath.Base(name)), data))
	}
	return nil
}
