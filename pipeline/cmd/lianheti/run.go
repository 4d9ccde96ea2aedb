package main

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"

	"lianheti/pipeline"
	"lianheti/pipeline/publish"
	"lianheti/stages/consolidate"
	"lianheti/stages/feedback"
	"lianheti/stages/model"
	"lianheti/stages/review"
	"lianheti/stages/score"
	"lianheti/stages/table"
	"lianheti/stages/text"
	"lianheti/templates"

	"github.com/urfave/cli/v2"
)

var (
	yearFlag       = &cli.IntFlag{Name: "year", Value: templates.Latest(), Usage: "批次`年度`；不写则是通知已经印发的最新一年"}
	definitionFlag = &cli.StringFlag{Name: "definition", Usage: "改用这个`文件夹`里的定义（其中有 <年度>/*.yaml），例如试算另一套权重"}
	workersFlag    = &cli.IntFlag{Name: "workers", Usage: "同时读几个文件（`个数`）；不写则与处理器数相同"}
	jsonFlag       = &cli.BoolFlag{Name: "json", Usage: "在标准输出给出机器可读的结果"}
)

func runCommand() *cli.Command {
	return &cli.Command{
		Name:      "run",
		Usage:     "处理收到的全部工作簿，写出省级汇总、退回件和数据表",
		UsageText: "lianheti run [选项] 文件夹或文件...",
		Description: "输入可以是文件夹、.xlsx 文件和 .zip 压缩包的任意组合。结果写到 输出文件夹/年度/，\n" +
			"要么完整换新，要么一点不动。同样的输入和定义，得到同样的结果。",
		Flags: []cli.Flag{
			yearFlag,
			&cli.StringFlag{Name: "out", Aliases: []string{"o"}, Value: "output", Usage: "输出`文件夹`"},
			&cli.StringFlag{Name: "freeze", Usage: "同时留一份会议版，`名称`如 0905评审会：放在 输出文件夹/年度-名称，以后的运行不会动它"},
			&cli.StringFlag{Name: "register", Usage: "处里的登记表`文件`（空白的用 lianheti template --register 生成）"},
			&cli.StringFlag{Name: "marks", Usage: "交回的专家评分表所在的`文件夹`（评分表用 lianheti experts 生成）"},
			&cli.StringFlag{Name: "opinions", Usage: "会审页导出的意见.json（`文件`），须是 --previous 那次结果上的；记进运行记录，在新的会审页上再列出"},
			&cli.BoolFlag{Name: "allow-trial", Usage: "评齐之前的会审页、会议版的会审页也给权重试算"},
			&cli.IntFlag{Name: "select", Usage: "拟遴选几家（`家数`）；不写则按定义"},
			&cli.StringFlag{Name: "from", Usage: "不读原件，从以前公布的数据表（data `文件夹`）重新检查、计分、汇总，例如换一套权重试算"},
			&cli.StringSliceFlag{Name: "previous", Usage: "与上一轮相比：上一轮结果所在的`文件夹`（其中有 run.json）；以前年度的也可以给，有几个写几次，用来核对当时的承诺"},
			&cli.BoolFlag{Name: "rescale", Usage: "专家评分以后，尺度本来沿用上一轮（--previous）；写上则按本轮参加排名的重新定"},
			&cli.StringFlag{Name: "date", Usage: "这次运行的`日期`，写成 年-月-日；不写则不显示日期"},
			&cli.StringFlag{Name: "reply-by", Usage: "请地市在哪一`日`前改好、报来，写成 年-月-日；不写则由 --date 和补正期限算出"},
			&cli.BoolFlag{Name: "strict", Usage: "有需要退回的申报时，退出码为 1"},
			definitionFlag, workersFlag, jsonFlag,
		},
		Action: func(c *cli.Context) error {
			o, err := runOptions(c)
			if err != nil {
				return err
			}
			bar := newProgress(c.App.ErrWriter)
			o.Progress = bar.update
			result, err := pipeline.Run(c.Context, o)
			bar.close()
			if err != nil {
				return err
			}
			if c.Bool("json") {
				if err := writeJSON(c.App.Writer, result.Manifest); err != nil {
					return err
				}
				tellKept(c.App.ErrWriter, result)
			} else {
				summarise(c.App.Writer, o.Definition, result)
			}
			if c.Bool("strict") && returned(result) > 0 {
				return errNo
			}
			return nil
		},
	}
}

func runOptions(c *cli.Context) (pipeline.Options, error) {
	d, err := definition(c)
	if err != nil {
		return pipeline.Options{}, err
	}
	var files []string
	if c.String("from") == "" {
		if files, err = inputs(c); err != nil {
			return pipeline.Options{}, err
		}
	} else if c.NArg() > 0 {
		return pipeline.Options{}, usageError{fmt.Errorf("--from 从数据表重新计算，不能再给文件或文件夹（%s）", c.Args().First())}
	}
	if err := days(c); err != nil {
		return pipeline.Options{}, err
	}
	if err := there(c, "register", "marks", "previous", "from", "opinions"); err != nil {
		return pipeline.Options{}, err
	}
	if n := c.Int("select"); n < 0 || c.IsSet("select") && n == 0 {
		return pipeline.Options{}, usageError{fmt.Errorf("--select 要写正整数，不是 %d", n)}
	}
	o := pipeline.Options{
		Definition: d, DefinitionDir: c.String("definition"), Inputs: files, From: c.String("from"), Out: c.String("out"), Rescale: c.Bool("rescale"), Register: c.String("register"), Freeze: c.String("freeze"), Marks: c.String("marks"), Opinions: c.String("opinions"), AllowTrial: c.Bool("allow-trial"),
		Date: c.String("date"), ReplyBy: c.String("reply-by"), Workers: c.Int("workers"),
		Score: score.Options{Select: c.Int("select"), Workers: c.Int("workers")},
	}
	for _, dir := range c.StringSlice("previous") {
		m, err := publish.ReadManifest(dir)
		switch {
		case err == nil && m.Year < d.Year:
			o.Earlier = append(o.Earlier, dir)
		case o.Previous != "":
			return o, usageError{fmt.Errorf("--previous 给了两个本年度的结果（%s、%s）：只能与一轮相比", o.Previous, dir)}
		default:
			o.Previous = dir
		}
	}
	return o, nil
}

// days proves that the run's date and the day for answers exist, and that the second lies ahead of the first.
func days(c *cli.Context) error {
	date, by := c.String("date"), c.String("reply-by")
	for _, flag := range []string{"date", "reply-by"} {
		if day := c.String(flag); day != "" {
			if _, err := time.Parse(time.DateOnly, day); err != nil {
				return usageError{fmt.Errorf("--%s 要写成 年-月-日（四位-两位-两位数字），并且真有这一天，不是“%s”", flag, day)}
			}
		}
	}
	if by != "" && date != "" && by <= date {
		return usageError{fmt.Errorf("--reply-by %s 不在 --date %s 之后：发出去就过期了", by, date)}
	}
	return nil
}

// definition loads the year's definition, the shipped one or that of a folder.
func definition(c *cli.Context) (*templates.Definition, error) {
	dir := c.String("definition")
	if dir == "" {
		return templates.Load(c.Int("year"))
	}
	d, err := templates.LoadDir(dir, c.Int("year"))
	if err == nil && d.Warning != "" {
		fmt.Fprintln(c.App.ErrWriter, "提示："+d.Warning)
	}
	return d, err
}

// inputs are the paths on the command line; there must be one, and they must exist.
func inputs(c *cli.Context) ([]string, error) {
	if c.NArg() == 0 {
		return nil, usageError{fmt.Errorf("没有给出文件或文件夹。例如：lianheti %s samples/%d", c.Command.Name, yearFlag.Value)}
	}
	for _, path := range c.Args().Slice() {
		if _, err := os.Lstat(path); err != nil {
			return nil, usageError{fmt.Errorf("找不到“%s”，请检查路径", path)}
		}
	}
	return c.Args().Slice(), nil
}

// there makes sure that what these flags name is there, where they are written.
func there(c *cli.Context, flags ...string) error {
	for _, name := range flags {
		paths := c.StringSlice(name)
		if path, single := c.Value(name).(string); single && path != "" {
			paths = []string{path}
		}
		for _, path := range paths {
			if _, err := os.Stat(path); err != nil {
				return usageError{fmt.Errorf("找不到“%s”，请检查 --%s 后面的路径", path, name)}
			}
		}
	}
	return nil
}

func writeJSON(w io.Writer, v any) error {
	e := json.NewEncoder(w)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	return e.Encode(v)
}

func returned(r *pipeline.Result) int { return verdicts(r)[model.Return] }

func verdicts(r *pipeline.Result) map[model.Verdict]int {
	n := map[model.Verdict]int{}
	for _, v := range r.Verdicts {
		n[v.Verdict]++
	}
	return n
}

// summarise says in a few lines what came of the run: files, submissions, why some go back, where the results are.
func summarise(w io.Writer, d *templates.Definition, r *pipeline.Result) {
	c := r.Manifest.Counts
	fmt.Fprintf(w, "收到文件 %d 个：采用 %d，被新版取代 %d，不予受理 %d，不是申报材料 %d。\n", c.Files, c.Accepted, c.Superseded, c.Rejected, c.Ignored)
	for _, f := range r.Files {
		if f.Fate == model.Rejected {
			fmt.Fprintf(w, "  不予受理  %s  %s（%s）\n", text.Mask(f.Path), f.Reason, f.Code)
		}
	}
	n := verdicts(r)
	fmt.Fprintf(w, "申报 %d 家：%s %d，%s %d，%s %d。读到 %d 格，采用 %d，说明去向 %d。\n", c.Submissions,
		model.Accept, n[model.Accept], model.AskFirst, n[model.AskFirst], model.Return, n[model.Return], c.CellsRead, c.CellsUsed, c.CellsExplained)
	for _, s := range r.Submitted {
		if v := r.Verdicts[s.Submission]; v.Verdict == model.Return {
			fmt.Fprintf(w, "  %s  %s %s：必须修改 %d 处，需说明 %d 处\n", model.Return, s.City, s.Consortium, v.Errors, v.Warnings)
		}
	}
	marked(w, r)
	if shown := head(r.Ranking); len(shown) > 0 {
		what := "数据部分暂列（%s，名次不作数）：%s\n"
		if r.Standing.Complete() {
			what = "按名次（%s，入选由处里决定）：%s\n"
		}
		fmt.Fprintf(w, "知道多少：%s。\n", r.Standing)
		fmt.Fprintf(w, what, d.Rubric.WeightsNote, strings.Join(shown, "；"))
	}
	fmt.Fprintf(w, "结果在 %s\n", r.Dir)
	lines := [][2]string{{consolidate.FileName, "请从“总览”看起"}, {review.FileName, "会上投影用的一页，双击即开，不用联网"}, {consolidate.AppendixFile, "其余各表，全部细节"}}
	if d.Documents != nil {
		lines = append(lines, [2]string{d.Documents.Folder + "/", "公文的代拟稿（Word）：到了哪一步就有哪几件"})
	}
	if r.Manifest.From == nil {
		lines = append(lines, [2]string{consolidate.ContactsFile, "含个人信息，仅限本处使用"})
		lines = append(lines, [2]string{feedback.Folder + "/", "发还各地市的问题清单和标注件"})
	}
	lines = append(lines, [2]string{d.Register.Next, "登记表：等处里定的已预填，拷出来填好，下次运行用 --register 交来"})
	lines = append(lines, [2]string{"data/", "数据表（Arrow、Parquet、CSV）"}, [2]string{publish.ManifestName, "运行记录，可用 lianheti verify 核对"})
	for _, line := range lines {
		fmt.Fprintf(w, "  %s\t%s\n", filepath.FromSlash(line[0]), line[1])
	}
	fmt.Fprintf(w, "校验值 root %s（记在会议纪要里，以后用 lianheti verify %s --root 核对）\n", r.Manifest.Root, r.Dir)
	tellKept(w, r)
	if r.Manifest.From != nil {
		fmt.Fprintln(w, "这次由数据表重新计算：没有退回件（要用原件），没有联系人（数据表不含个人信息），文字照数据表，个人信息已隐去。")
	}
}

// tellKept says what became of earlier results that somebody had changed, and what else is to be known.
func tellKept(w io.Writer, r *pipeline.Result) {
	for _, k := range r.Kept {
		fmt.Fprintf(w, "上次的 %s 被人改过，留存为 %s\n", k.Path, k.Now)
	}
	for _, note := range r.Notes {
		fmt.Fprintln(w, note)
	}
}

// marked says what came of the experts' workbooks.
func marked(w io.Writer, r *pipeline.Result) {
	if len(r.Marking.Files) == 0 {
		return
	}
	fates := map[model.Fate]int{}
	for _, f := range r.Marking.Files {
		fates[f.Fate]++
	}
	fmt.Fprintf(w, "专家评分表 %d 个：采用 %d，重复 %d，不采用 %d，不是评分表 %d。\n", len(r.Marking.Files), fates[model.Accepted], fates[model.Superseded], fates[model.Rejected], fates[model.Ignored])
	for _, f := range r.Marking.Files {
		if f.Fate == model.Rejected {
			fmt.Fprintf(w, "  不采用  %s  %s（%s）\n", text.Mask(f.Path), f.Reason, f.Code)
		}
	}
	for _, x := range r.Marking.Experts {
		fmt.Fprintf(w, "  %s\t应评 %d 项，有效 %d，未评 %d，无效 %d，回避 %d\n", x.Expert, x.Asked, x.Counted, x.Unfilled, x.Invalid, x.Conflicts)
	}
	if len(r.Ranking) > 0 {
		kind, _, _ := strings.Cut(r.Ranking[0].Method, "；")
		fmt.Fprintf(w, "  得分是%s\n", kind)
	}
}

// head names the first few of the ranking.
func head(ranking []table.Rank) []string {
	const few = 5
	var out []string
	for _, r := range ranking {
		if r.Ranked && r.Rank.Valid && len(out) < few {
			name := r.Consortium
			if r.Pending {
				name += "〔待厅里认定：" + r.Proposals + "〕"
			}
			out = append(out, fmt.Sprintf("%d %s %s", r.Rank.V, name, r.Said()))
		}
	}
	return out
}
