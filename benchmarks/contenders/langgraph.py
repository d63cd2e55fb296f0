"""langgraph: three agents of `create_agent` in one graph, handed on by `Command` from a tool.

As its docs say under handoffs: the tool goes to the parent graph and takes the messages along.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

from langchain.agents import create_agent
from langchain.tools import InjectedToolCallId, tool
from langchain_anthropic import ChatAnthropic
from langchain_core.messages import ToolMessage
from langgraph.graph import START, MessagesState, StateGraph
from langgraph.prebuilt import InjectedState
from langgraph.types import Command

from benchmarks import scenario
from benchmarks.worker import Run

PACKAGES = ("langgraph", "langchain", "langchain-anthropic", "anthropic")


async def prepare(url: str, folder: Path) -> Run:
    """The graph is compiled once."""
    graph = graph_at(url).compile()
    return lambda: run(graph, {})


def graph_at(url: str) -> Any:
    """The three agents and where each may go."""
    model = ChatAnthropic(
        model_name=scenario.MODEL,
        api_key="sk-bench",
        base_url=url,
        max_tokens_to_sample=scenario.MAX_TOKENS,
    )
    builder = StateGraph(MessagesState)
    for name in scenario.CHAIN:
        following = scenario.next_of(name)
        tools: list[Any] = [tool(function) for function in scenario.TOOLS[name]]
        if following is not None:
            tools.append(_handing_to(following))
        agent = create_agent(model, tools, system_prompt=scenario.system_of(name), name=name)
        builder.add_node(name, agent, destinations=(following,) if following else ())
    builder.add_edge(START, scenario.CHAIN[0])
    return builder


async def run(graph: Any, config: dict[str, Any]) -> None:
    """One run of the chain."""
    asked = {"messages": [{"role": "user", "content": scenario.REQUEST}]}
    done = await graph.ainvoke(asked, config)
    messages = done["messages"]
    calls = sum(m.type == "tool" and m.name in scenario.DISPATCH for m in messages)
    scenario.check([messages[-1].text], calls)


def _handing_to(agent: str) -> Any:
    # Tools are named with underscores only in some services; ours takes the agent's own name.
    @tool(f"transfer_to_{agent}", description=f"Hand on to {agent}.")
    def transfer(
        state: Annotated[dict[str, Any], InjectedState],
        tool_call_id: Annotated[str, InjectedToolCallId],
    ) -> Command[Any]:
        answer = ToolMessage(f"Handed on to {agent}.", tool_call_id=tool_call_id)
        messages = {"messages": [*state["messages"], answer]}
        return Command(goto=agent, graph=Command.PARENT, update=messages)

    return transfer
