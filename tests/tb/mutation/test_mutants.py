from rtl.emission.emit import Emission
from tb.mutation.mutants import Mutant, mutants_of
from tb.mutation.sample import sample

PORTS = [
    {"name": "clk", "direction": "input", "width": 1},
    {"name": "a", "direction": "input", "width": 4},
    {"name": "o", "direction": "output", "width": 4},
]
SMALL = r"""module ditto_small(clk, a, o);
  wire [4:0] \$1 ;
  reg [3:0] \$2 ;
  input clk;
  wire clk;
  input [3:0] a;
  wire [3:0] a;
  output [3:0] o;
  reg [3:0] o = 4'h0;
  wire [3:0] unused;
  reg [3:0] words [1:0];
  initial begin
    words[0] = 4'h0;
  end
  assign \$1  = o + a;
  assign unused = a & o;
  always @(posedge clk)
    o <= \$2 ;
  always @* begin
    \$2  = o;
    if (a[0]) begin
      \$2  = \$1 [3:0];
    end else if (a[1]) begin
      \$2  = 4'h7;
    end
  end
endmodule
"""


def small(text: str = SMALL) -> list[Mutant]:
    manifest: dict[str, object] = {"modules": [{"name": "ditto_small", "ports": PORTS}]}
    return mutants_of(Emission("ditto_small", text, manifest))["ditto_small"]


def test_mutants_say_what_they_do_without_numbers_for_names() -> None:
    said = {(mutant.operator, mutant.statement, mutant.change) for mutant in small()}
    assert ("arithmetic", "assign _ = o + a;", "assign _ = o - a;") in said
    assert ("invert", "if (a[0])", "if (!(a[0]))") in said
    assert ("invert", "else if (a[1])", "else if (!(a[1]))") in said
    path = "else if (a[1]) > "
    assert ("constant", f"{path}next_o = 4'h7;", f"{path}next_o = 4'h8;") in said
    assert ("drop-update", "o <= next_o;", "o <= o;") in said


def test_what_no_output_depends_on_is_left_alone() -> None:
    assert not [mutant for mutant in small() if "unused" in mutant.before]
    assert not [mutant for mutant in small() if "words" in mutant.before]


def test_names_outlive_edits_elsewhere() -> None:
    edited = SMALL.replace("  wire [3:0] unused;\n", "").replace("  assign unused = a & o;\n", "")
    edited = edited.replace("$1 ", "$9 ").replace("$2 ", "$8 ")
    assert {mutant.name for mutant in small(edited)} == {mutant.name for mutant in small()}
    names = [mutant.name for mutant in small()]
    assert len(set(names)) == len(names)


def test_a_sample_has_all_operators_and_is_the_same_again() -> None:
    mutants = small()
    operators = {mutant.operator for mutant in mutants}
    drawn = sample(mutants, len(operators), seed=1)
    assert {mutant.operator for mutant in drawn} == operators
    assert sample(mutants[::-1], len(operators), seed=1) == drawn
    assert sample(mutants, len(mutants) + 1, seed=1) != sample(mutants, len(mutants) + 1, seed=2)
    assert len(sample(mutants, len(mutants) + 1, seed=1)) == len(mutants)


def test_a_sample_keeps_what_an_edit_elsewhere_leaves() -> None:
    before = sample(small(), 6, seed=0)
    after = sample(small(SMALL.replace("$1 ", "$7 ")), 6, seed=0)
    assert [mutant.name for mutant in before] == [mutant.name for mutant in after]
