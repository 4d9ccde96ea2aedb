package normalize

import (
	"slices"
	"strings"
	"unicode"

	"lianheti/stages/model"
	"lianheti/stages/table"
	"lianheti/stages/text"
	"lianheti/templates"
)

// Personal data is masked in this stage. Except for the table contacts, later stages see no phone numbers, identity
// numbers, mail addresses or names from the fields for persons, so the checked values are the published ones.

// nameMasker masks the persons named in the personal fields of one workbook wherever their names occur in it.
type nameMasker struct {
	names    []string
	people   text.People
	disabled bool // mask nothing
}

func newNameMasker(d *templates.Definition, entries []model.Entry) nameMasker {
	var names []string
	for _, e := range entries {
		if !d.Field(e.Field).Personal || !e.Filled {
			continue
		}
		for _, name := range append(SplitNames(e.Raw), SplitNames(e.Struck)...) {
			if name = personName(name); name != "" {
				names = append(names, name)
				if r := []rune(name); len(r) > 2 { // 欧阳明华 may be called 明华主任
					for _, title := range titles {
						names = append(names, string(r[len(r)-2:])+title)
					}
				}
			}
		}
	}
	return nameMasker{names: names, people: text.NewPeople(names)}
}

// mask masks names and whatever looks like a phone number, an identity number or a mail address.
func (p nameMasker) mask(s string) string {
	if p.disabled {
		return s
	}
	return text.Mask(p.people.Hide(s))
}

// surnames are common surnames. A text that begins with none is taken for a title or a remark, such as 校长 or 待定.
const surnames = `赵钱孙李周吴郑王冯陈褚卫蒋沈韩杨朱秦尤许何吕施张孔曹严华金魏陶姜戚谢邹喻柏窦章苏潘葛奚范彭郎鲁韦马苗花方俞任袁柳鲍史唐费廉岑薛雷贺倪汤滕殷罗毕郝邬安常乐于傅皮卞齐康伍余元卜顾孟黄和穆萧尹姚邵汪祁毛
狄米贝明臧成戴谈宋庞熊纪舒屈项祝董梁杜阮蓝闵席季麻强贾路娄危江童颜郭梅盛林刁钟徐邱骆高夏蔡田樊胡凌霍虞万柯管卢莫房裘解应丁宣邓郁单杭洪包诸左石崔吉龚程邢裴陆荣翁荀惠甄曲封储靳汲邴松段富巫乌焦巴弓牧谷车侯全班仰秋仲伊宫宁仇栾甘厉戎祖武
符刘景詹束龙叶幸司韶黎蓟薄印白怀蒲鄂索赖卓蔺屠蒙池乔阴胥苍闻莘翟谭贡劳逄姬申扶堵冉宰郦雍璩桑桂濮牛寿通边扈燕冀郏浦尚农温庄晏柴瞿阎慕连茹习宦艾鱼容向古易慎戈廖庾终暨居衡步耿满弘匡国文寇广禄阙欧利师巩聂关荆游权盖益桓公肖丘官涂付代侨佘
揭缪兰蓟饶阳占丛仝揣岳帅练干税佟辛简敖冷訾辜纵邸原占苑练来`

var doubleSurnames = strings.Fields("欧阳 上官 司马 诸葛 司徒 东方 皇甫 尉迟 公孙 慕容 令狐 夏侯 端木 南宫 范姜 张简")

// titles may stand behind a name without a space.
var titles = strings.Fields(
	"副主任 主任 副校长 校长 副书记 书记 副院长 院长 处长 副处长 科长 老师 教授 先生 女士 总经理 经理 董事长")

// notNames are posts and common words that look like names; offices are recognised by their last character.
var notNames = []string{"管委会", "常务", "项目", "车间", "安全", "平台", "高级", "高工", "高管", "管理员", "干事", "农艺师", "纪检"}

// personName returns the name at the beginning of a text: two to four characters, the first a surname; empty: none.
func personName(s string) string {
	if end := strings.IndexFunc(s, func(r rune) bool { return !unicode.Is(unicode.Han, r) }); end >= 0 {
		s = s[:end]
	}
	for _, t := range titles {
		if rest, ok := strings.CutSuffix(s, t); ok {
			s = rest
			break
		}
	}
	const offices = "局委办处部区院校系室" // last characters of the names of offices
	runes := []rune(s)
	switch {
	case len(runes) < 2 || len(runes) > 4:
	case slices.Contains(notNames, s) || strings.ContainsRune(offices, runes[len(runes)-1]):
	case len(runes) > 2 && slices.Contains(doubleSurnames, string(runes[:2])):
		return s
	case len(runes) < 4 && strings.ContainsRune(surnames, runes[0]):
		return s
	}
	return ""
}

// maskText masks personal data in a text, and records that as a coercion.
func (r *reader) maskText(f *templates.Field, e *model.Entry, s string) string {
	if f.Personal || r.masker.disabled {
		return s
	}
	named := r.masker.people.Hide(s)
	masked := text.Mask(named)
	if masked != named {
		r.addCoercions(f, e, []table.Coercion{{Kind: "masked"}}, "")
	}
	if named != s {
		r.addCoercions(f, e, []table.Coercion{{Kind: "masked_name"}}, "")
	}
	return masked
}

// maskWorkbook masks the names of the file and its sheets, and the findings of intake, in the workbook itself.
func (p nameMasker) maskWorkbook(w *model.Workbook) {
	masked := map[string]string{} // cache: all places repeat a few names
	cached := func(s string) string {
		out, ok := masked[s]
		if !ok {
			out = p.mask(s)
			masked[s] = out
		}
		return out
	}
	place := func(x *model.Place) { x.File, x.Sheet = cached(x.File), cached(x.Sheet) }
	w.File.Path, w.File.Detail = p.mask(w.File.Path), p.mask(w.File.Detail)
	for _, entries := range [][]model.Entry{w.Entries, w.Columns} {
		for i := range entries {
			place(&entries[i].Place)
		}
	}
	for i := range w.Loose {
		place(&w.Loose[i].Place)
	}
	for i := range w.Notes {
		n := &w.Notes[i]
		n.Raw, n.Value = p.mask(n.Raw), p.mask(n.Value)
		for k := range n.Places {
			place(&n.Places[k])
		}
		for name, value := range n.Vars {
			n.Vars[name] = p.mask(value)
		}
	}
}
