"""Renderer of sample clips whose joint positions are known exactly.

World axes, in metres: z is up. A seated person faces -y and has the left side
on +x. A lying person has the head towards -x and the left side on +y.
"""
