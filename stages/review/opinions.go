package review

import (
	"bytes"
	_ "embed"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"lianheti/stages/table"
	"lianheti/stages/text"
)

// Schema identifies the format of 意见.json, see opinions.schema.json.
const Schema = "lianheti/opinions/1"

// OpinionsFile is the file name that the page exports.
const OpinionsFile = "意见.json"

// Opinions is a meeting's advice on one run. It names no person.
type Opinions struct {
	Schema   string    `json:"schema"`
	Batch    int       `json:"batch"`
	DataRoot string    `json:"data_root"` // of the run that the meeting discussed
	Select   int       `json:"select"`    // number to be selected
	Opinions []Opinion `json:"opinions"`
}

// Opinion is the advice on one submission.
type Opinion struct {
	Submission string `json:"submission"`
	Consortium string `json:"consortium"`
	Rank       *int   `json:"rank"` // at the time; null: not ranked
	Opinion    string `json:"opinion"`
	Reason     string `json:"reason"`
	When       string `json:"when"` // RFC 3339
}

// The possible advice. The Department decides, in its register.
const (
	propose  = "propose"
	deferred = "defer"
	decline  = "decline"
)

var choices = []label{{propose, "建议入选"}, {deferred, "缓议"}, {decline, "不入选"}}

// Label is the advice in Chinese.
func (x Opinion) Label() string {
	i := slices.IndexFunc(choices, func(c label) bool { return c.ID == x.Opinion })
	if i < 0 {
		return ""
	}
	return choices[i].Label
}

// maxReason is the maximum length of a reason, in characters.
const maxReason = 500

// ReadOpinions reads 意见.json, which must be about this batch and the run with this data root. Reasons are masked.
func ReadOpinions(data []byte, batch int, previous string) (*Opinions, error) {
	d := json.NewDecoder(bytes.NewReader(data))
	d.DisallowUnknownFields()
	o := &Opinions{}
	if err := d.Decode(o); err != nil {
		return nil, fmt.Errorf("不是会审页导出的 %s，或已损坏。请重新从会审页导出", OpinionsFile)
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return nil, fmt.Errorf("%s 的末尾还有别的内容。请重新从会审页导出", OpinionsFile)
	}
	switch root := text.Mask(o.DataRoot); {
	case o.Schema != Schema:
		return nil, fmt.Errorf("schema 是“%s”，本版程序读的是“%s”", text.Mask(o.Schema), Schema)
	case o.Batch != batch:
		return nil, fmt.Errorf("是%d年批次的，本轮是%d年", o.Batch, batch)
	case previous == "":
		return nil, fmt.Errorf("说的是 data_root 为 %s 的那次结果。请用 --previous 指向那次结果", root)
	case o.DataRoot != previous:
		return nil, fmt.Errorf("说的是 data_root 为 %s 的结果，而 --previous 的是 %s，不是同一次。请用 --previous 指向会上看的那次结果",
			root, previous)
	}
	return o, o.validate()
}

// validate lists the faults of each opinion, and masks the reasons.
func (o *Opinions) validate() error {
	var wrong []error
	seen := map[string]bool{}
	for i := range o.Opinions {
		x := &o.Opinions[i]
		fault := func(format string, args ...any) {
			wrong = append(wrong, fmt.Errorf("第%d条（%s）：%s", i+1, text.Mask(x.Submission), fmt.Sprintf(format, args...)))
		}
		if seen[x.Submission] || x.Submission == "" {
			fault("申报编号为空或重复，一家只能有一条意见")
		}
		seen[x.Submission] = true
		if x.Label() == "" {
			fault("opinion 是“%s”，要是 %s、%s、%s 之一", text.Mask(x.Opinion), propose, deferred, decline)
		}
		inside := x.Rank != nil && *x.Rank <= o.Select
		if inside != (x.Opinion == propose) && strings.TrimSpace(x.Reason) == "" {
			fault("意见与名次不一致，要写理由")
		}
		if n := utf8.RuneCountInString(x.Reason); n > maxReason {
			fault("理由有%d字，最多%d字", n, maxReason)
		}
		if _, err := time.Parse(time.RFC3339, x.When); err != nil {
			fault("when“%s”不是带时区的时间", text.Mask(x.When))
		}
		x.Reason, x.Consortium = text.Mask(x.Reason), text.Mask(x.Consortium)
	}
	return errors.Join(wrong...)
}

// Strangers returns the opinions about submissions that this round does not have.
func (o *Opinions) Strangers(facts *table.Facts) []Opinion {
	known := map[string]bool{}
	for s := range facts.Submissions.All() {
		known[s.Submission] = true
	}
	return slices.DeleteFunc(slices.Clone(o.Opinions), func(x Opinion) bool { return known[x.Submission] })
}
