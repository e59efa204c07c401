"""The code of templates that are rendered in spite of mistakes.

Jinja turns a template into Python; here each operation becomes a call of the
`reportgen.report.tolerance.Tolerant` environment, which tries it. A call starts
with the place of its expression: the template, the line, and a number by which
expressions are told apart.
"""

# ruff: noqa: N802, N815 (Jinja finds these methods by the names of its nodes)

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from jinja2 import nodes
from jinja2.compiler import CodeGenerator, Frame
from jinja2.utils import _PassArg

RUNTIME = frozenset({"iterated", "unpacked", "kept"})
"""Methods of the environment that nodes of this module call by name."""

_PASSED = {
    _PassArg.context: ", context",
    _PassArg.eval_context: ", context.eval_ctx",
    _PassArg.environment: ", environment",
}
_SCOPES = (nodes.For, nodes.Macro, nodes.CallBlock, nodes.With, nodes.FilterBlock, nodes.Scope)


class TolerantCode(CodeGenerator):
    """Writes code that goes on after a mistake. Its methods are named as Jinja wants them."""

    _line = 0
    _ordinal = 0

    def _place(self, node: nodes.Node) -> str:
        """Return the place of a node, as code."""
        self._line = node.lineno or self._line
        self._ordinal += 1
        return f"({self.name!r}, {self._line}, {self._ordinal})"

    def _visit_all(self, frame: Frame, *parts: nodes.Node | str) -> None:
        """Write code and visit nodes, in order."""
        for part in parts:
            if isinstance(part, str):
                self.write(part)
            else:
                self.visit(part, frame)

    # ── expressions ─────────────────────────────────────────────────────────

    def visit_Name(self, node: nodes.Name, frame: Frame) -> None:
        """Write a name; one that may be undefined knows its place."""
        ref = frame.symbols.ref(node.name)
        load = frame.symbols.find_load(ref) if node.ctx == "load" else None
        given = load is not None and load[0] == "param" and not self.parameter_is_undeclared(ref)
        if node.ctx != "load" or given:
            super().visit_Name(node, frame)
            return
        unknown = f"environment.unknown({self._place(node)}, {node.name!r})"
        self.write(f"({unknown} if {ref} is missing else {ref})")

    def visit_Getattr(self, node: nodes.Getattr, frame: Frame) -> None:
        """Write ``x.name``."""
        place = self._place(node)
        self._visit_all(frame, f"environment.reach({place}, ", node.node, f", {node.attr!r})")

    def visit_Getitem(self, node: nodes.Getitem, frame: Frame) -> None:
        """Write ``x[key]`` or ``x[1:2]``."""
        place = self._place(node)
        self._visit_all(frame, f"environment.item({place}, ", node.node, ", ")
        if isinstance(node.arg, nodes.Slice):
            self.write("slice(")
            for part in (node.arg.start, node.arg.stop, node.arg.step):
                self._visit_all(frame, part or "None", ", ")
            self.write(")")
        else:
            self.visit(node.arg, frame)
        self.write(")")

    def visit_Call(self, node: nodes.Call, frame: Frame, forward_caller: bool = False) -> None:
        """Write a call: of a template's function, or of ours."""
        extra = {"caller": "caller"} if forward_caller else {}
        extra |= {"_loop_vars": "_loop_vars"} if frame.loop_frame else {}
        extra |= {"_block_vars": "_block_vars"} if frame.block_frame else {}
        if forward_caller:
            self.write(f"environment.printed({self._place(node)}, str, ")
        place, callee = self._place(node), node.node
        if isinstance(callee, nodes.EnvironmentAttribute) and callee.name in RUNTIME:
            self.write(f"environment.{callee.name}({place}")
        elif isinstance(callee, nodes.EnvironmentAttribute):
            self._visit_all(frame, f"environment.ran({place}, ", callee)
        elif isinstance(callee, nodes.ExtensionAttribute):
            self._visit_all(frame, f"environment.claimed({place}, ", callee)
        else:
            self._visit_all(frame, f"environment.called({place}, context, ", callee)
        ours = isinstance(callee, nodes.EnvironmentAttribute | nodes.ExtensionAttribute)
        self.signature(node, frame, {} if ours else extra)
        self.write("))" if forward_caller else ")")

    def visit_EnvironmentAttribute(self, node: nodes.EnvironmentAttribute, frame: Frame) -> None:
        """Write what marks and claims do; what is called there may fail."""
        if "(" in node.name:
            self.write(f"environment.ran({self._place(node)}, lambda: environment.{node.name})")
        else:
            super().visit_EnvironmentAttribute(node, frame)

    def visit_Filter(self, node: nodes.Filter, frame: Frame) -> None:
        """Write a filter; one that nobody defines only looks at what it is given."""
        alias, known = self.filters[node.name], self.environment.filters
        if node.node is not None:
            self._apply(node, alias, known, node.node, frame)
            return
        text = f"concat({frame.buffer})"  # what stands between the tags of a filter block
        self.write(f"environment.printed({self._place(node)}, str, ")
        operand = f"(Markup({text}) if context.eval_ctx.autoescape else {text})"
        self._apply(node, alias, known, operand, frame)
        self.write(")")

    def visit_Test(self, node: nodes.Test, frame: Frame) -> None:
        """Write a test; one that nobody defines only looks at what it is given."""
        self._apply(node, self.tests[node.name], self.environment.tests, node.node, frame)

    def _apply(
        self,
        node: nodes.Filter | nodes.Test,
        alias: str,
        known: Any,
        operand: nodes.Node | str,
        frame: Frame,
    ) -> None:
        function = known.get(node.name)
        kind = _PassArg.from_obj(function) if function else None
        passed = _PASSED[kind] if kind else ""
        name = "environment.neglected" if function is None else alias
        place = self._place(node)
        self._visit_all(frame, f"environment.applied({place}, {name}{passed}, ", operand)
        self.signature(node, frame)
        self.write(")")

    def visit_Compare(self, node: nodes.Compare, frame: Frame) -> None:
        """Write a comparison, or a chain of them."""
        self._visit_all(frame, f"environment.compared({self._place(node)}, ", node.expr)
        for operand in node.ops:
            self._visit_all(frame, f", ({operand.op!r}, lambda: ", operand.expr, ")")
        self.write(")")

    def visit_Concat(self, node: nodes.Concat, frame: Frame) -> None:
        """Write ``a ~ b``."""
        joined = "(markup_join if context.eval_ctx.autoescape else str_join)"
        self.write(f"environment.ran({self._place(node)}, {joined}, (")
        for part in node.nodes:
            self._visit_all(frame, part, ", ")
        self.write("))")

    def visit_And(self, node: nodes.BinExpr, frame: Frame) -> None:
        """Write ``a and b``."""
        self._lazy("both", node, frame)

    def visit_Or(self, node: nodes.BinExpr, frame: Frame) -> None:
        """Write ``a or b``."""
        self._lazy("either", node, frame)

    def _lazy(self, method: str, node: nodes.BinExpr, frame: Frame) -> None:
        start = f"environment.{method}({self._place(node)}, "
        self._visit_all(frame, start, node.left, ", lambda: ", node.right, ")")

    def visit_Not(self, node: nodes.UnaryExpr, frame: Frame) -> None:
        """Write ``not a``."""
        self._visit_all(frame, f"environment.negated({self._place(node)}, ", node.node, ")")

    def visit_CondExpr(self, node: nodes.CondExpr, frame: Frame) -> None:
        """Write ``a if x else b``."""
        self._visit_all(frame, f"environment.chosen({self._place(node)}, ", node.test)
        self._visit_all(frame, ", lambda: ", node.expr1, ", lambda: ")
        self._visit_all(frame, node.expr2 or "cond_expr_undefined('')", ")")

    def _binary(self, node: nodes.BinExpr, frame: Frame) -> None:
        start = f"environment.ran({self._place(node)}, environment.binop_table[{node.operator!r}], "
        self._visit_all(frame, start, node.left, ", ", node.right, ")")

    def _unary(self, node: nodes.UnaryExpr, frame: Frame) -> None:
        start = f"environment.ran({self._place(node)}, environment.unop_table[{node.operator!r}], "
        self._visit_all(frame, start, node.node, ")")

    visit_Add = visit_Sub = visit_Mul = visit_Div = visit_FloorDiv = visit_Pow = visit_Mod = _binary
    visit_Pos = visit_Neg = _unary

    # ── what is printed ─────────────────────────────────────────────────────

    def _output_const_repr(self, group: Any) -> str:
        return f"environment.said({super()._output_const_repr(group)})"

    def _output_child_pre(self, node: nodes.Expr, frame: Frame, finalize: Any) -> None:  # noqa: ARG002
        convert = "escape if context.eval_ctx.autoescape else str"
        self.write(f"environment.printed({self._place(node)}, {convert}, ")

    def _output_child_post(self, node: nodes.Expr, frame: Frame, finalize: Any) -> None:  # noqa: ARG002
        self.write(")")

    # ── statements ──────────────────────────────────────────────────────────

    def visit_If(self, node: nodes.If, frame: Frame) -> None:
        """Write branches; where a mistake decides, nobody knows what they print and assign."""
        truth, inside = self.temporary_identifier(), frame.soft()
        self.writeline(f"{truth} = environment.holds({self._place(node)}, ", node)
        self._visit_all(inside, node.test, ")")
        self._indented(f"if {truth} is not False:", lambda: self.blockvisit(node.body, inside))
        rest = node.else_
        if node.elif_:
            first, *others = node.elif_
            rest = [nodes.If(first.test, first.body, others, node.else_, lineno=first.lineno)]
        if rest:
            self.writeline(f"if not {truth}:")
            self.indent()
            if not node.elif_:
                self.writeline(f"environment.otherwise({truth})")
            self.blockvisit(rest, inside)
            self.outdent()
        self._indented(f"if {truth} is None:", lambda: self._settle(node, frame))

    def _settle(self, node: nodes.If, frame: Frame) -> None:
        """End branches for which a mistake decided."""
        self.simple_write("environment.settled()", frame, node)
        names = sorted(set(_assigned(node)))
        if names:
            self.push_assign_tracking()
            self._assign_stack[-1].update(names)
            refs = [frame.symbols.ref(name) for name in names]
            self.writeline(f"{' = '.join(refs)} = environment.absorbed")
            self.pop_assign_tracking(frame)

    def _indented(self, line: str, write: Callable[[], None]) -> None:
        self.writeline(line)
        self.indent()
        write()
        self.outdent()

    def visit_For(self, node: nodes.For, frame: Frame) -> None:
        """Write a loop; over what a mistake keeps from being known it runs once."""
        arguments = [node.iter, nodes.Const(_width(node.target))]
        node.iter = _runtime("iterated", arguments, node.lineno)
        if node.test is not None:
            node.test = _runtime("kept", [node.test], node.lineno)
        super().visit_For(node, frame)

    def visit_Assign(self, node: nodes.Assign, frame: Frame) -> None:
        """Write ``{% set a = x %}``."""
        width = _width(node.target)
        if width:
            node.node = _runtime("unpacked", [node.node, nodes.Const(width)], node.lineno)
        refs = [frame.symbols.ref(ref.name) for ref in node.find_all(nodes.NSRef)]
        self._tried(node, lambda: super(TolerantCode, self).visit_Assign(node, frame), refs)

    def visit_AssignBlock(self, node: nodes.AssignBlock, frame: Frame) -> None:
        """Write ``{% set a %}…{% endset %}``."""
        self._tried(node, lambda: super(TolerantCode, self).visit_AssignBlock(node, frame))

    def visit_Include(self, node: nodes.Include, frame: Frame) -> None:
        """Write an include; one that may miss its template says so before it looks."""
        if node.ignore_missing:
            self.writeline("environment.may_be_missing = True", node)
        self._tried(node, lambda: super(TolerantCode, self).visit_Include(node, frame))

    def _tried(self, node: nodes.Node, write: Callable[[], None], refs: Any = ()) -> None:
        """Write a statement that may fail; `refs` are the variables that it depends on."""
        place = self._place(node)
        self.newline(node)
        self._indented("try:", write)
        self.writeline("except Exception as error:")
        self.indent()
        self.writeline(f"environment.stumbled({', '.join([place, 'error', *refs])})")
        self.outdent()


def _runtime(method: str, arguments: list[Any], line: int) -> nodes.Call:
    """Return a call of a method of the environment."""
    return nodes.Call(nodes.EnvironmentAttribute(method), arguments, [], None, None, lineno=line)


def _width(target: nodes.Node) -> int:
    """Return how many names a target unpacks a value into; 0 if it takes it whole."""
    return len(target.items) if isinstance(target, nodes.Tuple) else 0


def _assigned(node: nodes.Node) -> Iterator[str]:
    """Yield the names that a statement gives a value and that outlast it."""
    for child in node.iter_child_nodes():
        match child:
            case nodes.Name(ctx="store", name=name) | nodes.Macro(name=name):
                yield name
            case nodes.Import(target=target) | nodes.AssignBlock(target=nodes.Name(name=target)):
                yield target
            case nodes.FromImport(names=names):
                yield from (name[1] if isinstance(name, tuple) else name for name in names)
            case _ if not isinstance(child, _SCOPES):
                yield from _assigned(child)
